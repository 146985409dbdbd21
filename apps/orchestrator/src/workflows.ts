import { proxyActivities } from '@temporalio/workflow';
import type * as activities from './activities.js';
import type { ActivityLimits } from './settings.js';

export interface AnalysisInput {
  organizationId: string;
  datasetId: string;
  /** How long the analysis takes at least, for trials. */
  seconds?: number | undefined;
}

export interface AnalysisResult {
  analysis: activities.Figures;
  report: { artifactId: string };
}

/**
 * The plan's workflow: validate, extract three things side by side, analyse, report. The limits of its
 * activities are given to it: a workflow may not read variables, which could differ when it is replayed.
 */
export async function analysisWorkflow(
  input: AnalysisInput,
  limits: ActivityLimits,
): Promise<AnalysisResult> {
  const step = proxyActivities<ReturnType<typeof activities.createActivities>>({
    startToCloseTimeout: `${limits.timeoutSeconds} seconds`,
    retry: { maximumAttempts: limits.maximumAttempts },
  });
  const validation = await step.validateInput(input);
  if (!validation.valid) throw new Error(`validation failed: ${validation.errors.join(', ')}`);
  const [demographics, diagnoses, procedures] = await Promise.all([
    step.extractDemographics(input),
    step.extractDiagnoses(input),
    step.extractProcedures(input),
  ]);
  const analysis = await step.runAnalysis({ demographics, diagnoses, procedures, seconds: input.seconds });
  const report = await step.generateReport(input, analysis);
  return { analysis, report };
}
