import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';
import { WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@temporalio/common';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { retry } from './retry.js';
import type { WorkflowSettings } from './settings.js';
import type { AnalysisInput, AnalysisResult, analysisWorkflow } from './workflows.js';

const REQUEST_SECONDS = 5;
const CALL_MILLISECONDS = 4000;

export interface Review {
  id: string;
  state: string;
  result?: AnalysisResult;
}

/** Starts the plan's analysis workflow, and looks at it. How to reach Temporal its SDK reads. */
export class Workflows {
  private client: Client | undefined;

  constructor(private readonly told: WorkflowSettings) {}

  /** Start it once, however often this is called. Throws StoreAway. */
  async start(id: string, input: AnalysisInput): Promise<void> {
    await this.ask((client) =>
      client.workflow.start<typeof analysisWorkflow>('analysisWorkflow', {
        workflowId: id,
        taskQueue: this.told.taskQueue,
        args: [input],
        memo: { organizationId: input.organizationId },
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
        workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
      }),
    );
  }

  /** Whose it is and how far; undefined where there is none. Throws StoreAway. */
  async look(id: string): Promise<{ organizationId: unknown; review: Review } | undefined> {
    try {
      return await this.ask(async (client) => {
        const handle = client.workflow.getHandle<typeof analysisWorkflow>(id);
        const { status, memo } = await handle.describe();
        const state = status.name.toLowerCase();
        const result = status.name === 'COMPLETED' ? { result: await handle.result() } : {};
        return { organizationId: memo?.organizationId, review: { id, state, ...result } };
      });
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.client?.connection.close();
  }

  private ask<T>(call: (client: Client) => Promise<T>): Promise<T> {
    return retry(
      () => {
        const client = (this.client ??= connected());
        return client.withDeadline(Date.now() + CALL_MILLISECONDS, () => call(client));
      },
      REQUEST_SECONDS,
      (error) => !(error instanceof WorkflowNotFoundError),
    );
  }
}

/** By the variables and files of the pod; nothing is sent before the first call. */
function connected(): Client {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const connection = Connection.lazy(connectionOptions);
  return new Client({ connection, ...(namespace === undefined ? {} : { namespace }) });
}

