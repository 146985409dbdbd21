import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { and, count, eq, max, min } from 'drizzle-orm';
import type { Databases } from './database.js';
import { artifacts, patients } from './schema.js';
import type { ActivityLimits } from './settings.js';
import type { AnalysisInput } from './workflows.js';

export type Activities = ReturnType<typeof createActivities>;

const HEARTBEAT_MILLISECONDS = 500;

/** A failover of the database: RDS' two minutes, and the poolers' time to see the new server. */
const FAILOVER_SECONDS = 160;

const ID = /^[\w.-]{1,128}$/;

export interface Demographics {
  patients: number;
  oldest: string | null;
  youngest: string | null;
}

export interface Figures {
  patients: number;
  artifacts: number;
  reports: number;
}

export interface AnalysisParts {
  demographics: Demographics;
  diagnoses: number;
  procedures: number;
  seconds?: number | undefined;
}

/** The steps of the workflow. Each may run twice, and waits out a failover itself. */
export function createActivities(databases: Databases, limits: ActivityLimits) {
  const countOf = (input: AnalysisInput, kind: string) =>
    databases.read(async (database) => {
      const [found] = await database
        .select({ count: count() })
        .from(artifacts)
        .where(and(eq(artifacts.organizationId, input.organizationId), eq(artifacts.kind, kind)));
      return found?.count ?? 0;
    });

  return {
    readLimits: (): Promise<ActivityLimits> => Promise.resolve(limits),

    validateInput(input: AnalysisInput): Promise<{ valid: boolean; errors: string[] }> {
      const errors = ID.test(input.datasetId) ? [] : ['datasetId'];
      return Promise.resolve({ valid: errors.length === 0, errors });
    },

    extractDemographics(input: AnalysisInput): Promise<Demographics> {
      return databases.read(async (database) => {
        const [found] = await database
          .select({
            patients: count(),
            oldest: min(patients.birthDate),
            youngest: max(patients.birthDate),
          })
          .from(patients)
          .where(eq(patients.organizationId, input.organizationId));
        return found ?? { patients: 0, oldest: null, youngest: null };
      });
    },

    extractDiagnoses: (input: AnalysisInput): Promise<number> => countOf(input, 'diagnosis'),

    extractProcedures: (input: AnalysisInput): Promise<number> => countOf(input, 'procedure'),

    async runAnalysis(parts: AnalysisParts): Promise<Figures> {
      const ends = performance.now() + (parts.seconds ?? 0) * 1000;
      while (performance.now() < ends) {
        Context.current().heartbeat();
        await sleep(Math.min(HEARTBEAT_MILLISECONDS, ends - performance.now()));
      }
      const { demographics, diagnoses, procedures } = parts;
      return { patients: demographics.patients, artifacts: diagnoses + procedures, reports: 1 };
    },

    /** One report a workflow, however often this runs. */
    async generateReport(input: AnalysisInput, figures: Figures): Promise<{ artifactId: string }> {
      const id = `report-${Context.current().info.workflowExecution?.workflowId ?? input.datasetId}`;
      await databases.write(
        (transaction) =>
          transaction
            .insert(artifacts)
            .values({ organizationId: input.organizationId, id, kind: 'report', content: figures })
            .onConflictDoNothing(),
        FAILOVER_SECONDS,
      );
      return { artifactId: id };
    },
  };
}
