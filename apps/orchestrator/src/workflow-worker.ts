import { fileURLToPath } from 'node:url';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { DefaultLogger, NativeConnection, Runtime, Worker, makeTelemetryFilterString } from '@temporalio/worker';
import { setTimeout as sleep } from 'node:timers/promises';
import { createActivities } from './activities.js';
import type { Databases } from './database.js';
import { facts, log } from './log.js';
import type { WorkflowSettings } from './settings.js';

const FIRST_PAUSE_MILLISECONDS = 100;
const LONGEST_PAUSE_MILLISECONDS = 5000;

/** Written by bundle.ts when the application is built. */
export const WORKFLOW_BUNDLE = fileURLToPath(new URL('../dist/workflow-bundle.js', import.meta.url));

/** Takes workflow and activity tasks until it is stopped; Temporal may be away at any time. */
export class WorkflowWorker {
  private worker: Worker | undefined;
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;

  constructor(
    private readonly told: WorkflowSettings,
    private readonly databases: Databases,
    private readonly drainSeconds: number,
  ) {
    Runtime.install({
      // Its own lines would be no JSON, and their facts may be anything.
      logger: new DefaultLogger('WARN', ({ level, message }) => {
        log.warn({ level }, message);
      }),
      // Those of its core too, which writes to the console by itself.
      telemetryOptions: { logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN' }) } },
      shutdownSignals: [],
    });
    this.running = this.run();
  }

  /** Poll no more, and wait for the activities that it holds. */
  async stop(): Promise<void> {
    this.stopping.abort();
    if (this.worker?.getState() === 'RUNNING') this.worker.shutdown();
    await this.running;
  }

  private get ended(): boolean {
    return this.stopping.signal.aborted;
  }

  private async run(): Promise<void> {
    let pause = FIRST_PAUSE_MILLISECONDS;
    while (!this.ended) {
      const began = performance.now();
      try {
        await this.poll();
      } catch (error) {
        if (performance.now() - began > LONGEST_PAUSE_MILLISECONDS) pause = FIRST_PAUSE_MILLISECONDS;
        log.warn(facts(error), 'Temporal gave no answer');
        await sleep(pause * (0.5 + Math.random() / 2));
        pause = Math.min(pause * 2, LONGEST_PAUSE_MILLISECONDS);
      }
    }
  }

  private async poll(): Promise<void> {
    const { connectionOptions, namespace } = loadClientConnectConfig();
    const connection = await NativeConnection.connect(connectionOptions);
    try {
      this.worker = await Worker.create({
        connection,
        namespace: namespace ?? 'default',
        taskQueue: this.told.taskQueue,
        workflowBundle: { codePath: WORKFLOW_BUNDLE },
        activities: createActivities(this.databases, this.told.limits),
        shutdownGraceTime: `${this.drainSeconds} seconds`,
      });
      if (this.ended) return;
      await this.worker.run();
    } finally {
      this.worker = undefined;
      await connection.close();
    }
  }
}
