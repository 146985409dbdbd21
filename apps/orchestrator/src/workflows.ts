import { ApplicationFailure, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities, Figures } from './activities.js';

export interface AnalysisInput {
  organizationId: string;
  datasetId: string;
  /** How long the analysis takes at least, for trials. */
  seconds?: number | undefined;
}

export interface AnalysisResult {
  analysis: Figures;
  report: { artifactId: string };
}

// Of the worker's variables, which a workflow may not read: what was asked once stays in its history.
const { readLimits } = proxyLocalActivities<Pick<Activities, 'readLimits'>>({
  startToCloseTimeout: '10 seconds',
});

/** The plan's workflow: validate, extract three things side by side, analyse, report. */
export async function analysisWorkflow(input: AnalysisInput): Promise<AnalysisResult> {
  const limits = await readLimits();
  const step = proxyActivities<Activities>({
    startToCloseTimeout: `${limits.timeoutSeconds} seconds`,
    retry: { maximumAttempts: limits.maximumAttempts },
  });
  const validation = await step.validateInput(input);
  if (!validation.valid) {
    // Any other error would fail the task alone, which Temporal repeats for ever.
    throw ApplicationFailure.nonRetryable(`validation failed: ${validation.errors.join(', ')}`);
  }
  const [demographics, diagnoses, procedures] = await Promise.all([
    step.extractDemographics(input),
    step.extractDiagnoses(input),
    step.extractProcedures(input),
  ]);
  const analysis = await step.runAnalysis({ demographics, diagnoses, procedures, seconds: input.seconds });
  const report = await step.generateReport(input, analysis);
  return { analysis, report };
}
