/** What the process is told by its variables, as the application contract names them. */
export interface Settings {
  port: number;
  metricsPort: number;
  drainSeconds: number;
  keepAliveSeconds: number;
  isWorkflowWorker: boolean;
  databases: { writes: PoolSettings; reads: PoolSettings; system: PoolSettings | undefined };
  cacheUrl: string;
  queueUrl: string;
  sessionStoreUrl: string;
  redis: { maxRetriesPerRequest: number; enableReadyCheck: boolean; lazyConnect: boolean };
  entries: Record<EntryKind, { prefix: string; seconds: number }>;
  sessions: { prefix: string; seconds: number };
  cacheControl: { mutation: string; public: string; publicPrefix: string; authenticated: string };
  jobs: JobSettings;
  workflows: WorkflowSettings | undefined;
}

export interface PoolSettings {
  connectionString: string;
  max: number;
}

/** What the cache holds, by the names of the variables. */
export const ENTRY_KINDS = ['API_RESPONSE', 'FEATURE_FLAG', 'LITERATURE_SEARCH'] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

export interface JobSettings {
  queues: string[];
  prefix: string;
  attempts: number;
  backoff: { type: string; delay: number };
  removeOnComplete: number;
  removeOnFail: number;
  priority: number;
}

export interface WorkflowSettings {
  taskQueue: string;
  /** Of every activity. */
  limits: ActivityLimits;
}

export interface ActivityLimits {
  timeoutSeconds: number;
  maximumAttempts: number;
}

/** Throws where a variable is missing or is no number. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const text = (name: string): string => {
    const value = environment[name];
    if (value === undefined || value === '') throw new Error(`${name} is not set`);
    return value;
  };
  const count = (name: string): number => {
    const value = Number(text(name));
    if (!Number.isInteger(value) || value < 0) throw new Error(`${name} is no whole number`);
    return value;
  };
  const pool = (url: string, max: string): PoolSettings => ({
    connectionString: text(url),
    max: count(max),
  });
  const entry = (kind: EntryKind) => ({
    prefix: text(`CACHE_KEY_PREFIX_${kind}`),
    seconds: count(`CACHE_TTL_${kind}_SECONDS`),
  });
  const isWorkflowWorker = environment.SERVICE_ROLE === 'workflow-worker';
  const ownSystem = text('SYSTEM_DATABASE_URL') !== text('DATABASE_URL');
  return {
    port: count('PORT'),
    metricsPort: count('METRICS_PORT'),
    drainSeconds: count('SHUTDOWN_DRAIN_SECONDS'),
    // Only probes come to a workflow worker, and it isn't told.
    keepAliveSeconds: isWorkflowWorker ? 0 : count('HTTP_KEEP_ALIVE_SECONDS'),
    isWorkflowWorker,
    databases: {
      writes: pool('DATABASE_URL', 'DATABASE_POOL_MAX'),
      reads: pool('DATABASE_REPLICA_URL', 'DATABASE_REPLICA_POOL_MAX'),
      system: ownSystem ? pool('SYSTEM_DATABASE_URL', 'SYSTEM_DATABASE_POOL_MAX') : undefined,
    },
    cacheUrl: text('CACHE_URL'),
    queueUrl: text('QUEUE_URL'),
    sessionStoreUrl: text('SESSION_STORE_URL'),
    redis: {
      maxRetriesPerRequest: count('CACHE_MAX_RETRIES_PER_REQUEST'),
      enableReadyCheck: text('CACHE_ENABLE_READY_CHECK') === 'true',
      lazyConnect: text('CACHE_LAZY_CONNECT') === 'true',
    },
    entries: {
      API_RESPONSE: entry('API_RESPONSE'),
      FEATURE_FLAG: entry('FEATURE_FLAG'),
      LITERATURE_SEARCH: entry('LITERATURE_SEARCH'),
    },
    sessions: { prefix: text('SESSION_KEY_PREFIX'), seconds: count('CACHE_TTL_SESSION_SECONDS') },
    cacheControl: {
      mutation: text('CACHE_CONTROL_MUTATION'),
      public: text('CACHE_CONTROL_PUBLIC'),
      publicPrefix: text('CACHE_CONTROL_PUBLIC_PATH_PREFIX'),
      authenticated: text('CACHE_CONTROL_AUTHENTICATED'),
    },
    jobs: {
      queues: text('JOB_QUEUES').split(','),
      prefix: text('BULLMQ_PREFIX'),
      attempts: count('JOB_ATTEMPTS'),
      backoff: { type: text('JOB_BACKOFF_TYPE'), delay: count('JOB_BACKOFF_DELAY_MILLISECONDS') },
      removeOnComplete: count('JOB_KEEP_COMPLETED'),
      removeOnFail: count('JOB_KEEP_FAILED'),
      priority: count('JOB_DEFAULT_PRIORITY'),
    },
    // Not set where the stack has no workflows. How to reach Temporal its own SDK reads.
    workflows:
      environment.TEMPORAL_ADDRESS === undefined
        ? undefined
        : {
            taskQueue: text('TEMPORAL_TASK_QUEUE'),
            limits: {
              timeoutSeconds: count('WORKFLOW_ACTIVITY_TIMEOUT_SECONDS'),
              maximumAttempts: count('WORKFLOW_ACTIVITY_MAXIMUM_ATTEMPTS'),
            },
          },
  };
}
