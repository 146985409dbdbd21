import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { facts, log } from './log.js';
import { StoreAway, retry } from './retry.js';
import type { JobSettings } from './settings.js';

const REQUEST_SECONDS = 6;

/** The name of every job, as the plan has it. */
const JOB = 'process';

export interface AnalysisJob {
  organizationId: string;
  analysisId: string;
  patientId: string;
  /** CPU that it takes at least, for trials and measurements. */
  seconds?: number | undefined;
}

/** The queues that workers take jobs from. */
export class Jobs {
  private readonly queues: ReadonlyMap<string, Queue<AnalysisJob>>;

  constructor(
    connection: Redis,
    private readonly told: JobSettings,
  ) {
    const { prefix, attempts, backoff, removeOnComplete, removeOnFail } = told;
    const defaultJobOptions = { attempts, backoff, removeOnComplete, removeOnFail };
    this.queues = new Map(
      told.queues.map((name) => {
        const queue = new Queue<AnalysisJob>(name, {
          connection,
          prefix,
          defaultJobOptions,
          skipVersionCheck: true,
          skipMetasUpdate: true,
        });
        queue.on('error', (error) => {
          log.warn(facts(error), 'the queue gave no answer');
        });
        return [name, queue];
      }),
    );
  }

  get names(): string[] {
    return this.told.queues;
  }

  /** Add it once, however often this is called. Throws StoreAway, also where the queue is full. */
  async add(name: string, job: AnalysisJob, priority = this.told.priority): Promise<void> {
    const queue = this.queues.get(name);
    if (!queue) throw new Error(`no queue ${name}`);
    try {
      await retry(
        () => queue.add(JOB, job, { jobId: job.analysisId, priority }),
        REQUEST_SECONDS,
        (error) => !isFull(error),
      );
    } catch (error) {
      if (isFull(error)) throw new StoreAway('the queue is full', { cause: error });
      throw error;
    }
  }

  /** In percent, of a job that is there. */
  async progress(name: string, analysisId: string): Promise<number> {
    const found = await this.queues.get(name)?.getJob(analysisId);
    return typeof found?.progress === 'number' ? found.progress : 0;
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && error.message.includes('OOM ');
}
