/** What the process is told by its variables, as the application contract names them. */
export interface Settings {
  port: number;
  metricsPort: number;
  drainSeconds: number;
  keepAliveSeconds: number;
  pingSeconds: number;
  writes: PoolSettings;
  reads: PoolSettings;
  cacheUrl: string;
  sessionStoreUrl: string;
  channelPrefix: string;
  sessionPrefix: string;
  redis: { maxRetriesPerRequest: number; enableReadyCheck: boolean; lazyConnect: boolean };
}

export interface PoolSettings {
  connectionString: string;
  max: number;
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
  return {
    port: count('PORT'),
    metricsPort: count('METRICS_PORT'),
    drainSeconds: count('SHUTDOWN_DRAIN_SECONDS'),
    keepAliveSeconds: count('HTTP_KEEP_ALIVE_SECONDS'),
    pingSeconds: count('COLLABORATION_PING_SECONDS'),
    writes: { connectionString: text('DATABASE_URL'), max: count('DATABASE_POOL_MAX') },
    reads: {
      connectionString: text('DATABASE_REPLICA_URL'),
      max: count('DATABASE_REPLICA_POOL_MAX'),
    },
    cacheUrl: text('CACHE_URL'),
    sessionStoreUrl: text('SESSION_STORE_URL'),
    channelPrefix: text('COLLABORATION_CHANNEL_PREFIX'),
    sessionPrefix: text('SESSION_KEY_PREFIX'),
    redis: {
      maxRetriesPerRequest: count('CACHE_MAX_RETRIES_PER_REQUEST'),
      enableReadyCheck: text('CACHE_ENABLE_READY_CHECK') === 'true',
      lazyConnect: text('CACHE_LAZY_CONNECT') === 'true',
    },
  };
}
