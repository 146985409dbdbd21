import { lookup } from 'node:dns';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { facts, log } from './log.js';
import type { Settings } from './settings.js';

/** A store that hangs must not hold a request up for longer. */
const COMMAND_MILLISECONDS = 2000;

const LONGEST_PAUSE_MILLISECONDS = 5000;
const FIRST_PAUSE_MILLISECONDS = 100;

/** Milliseconds until the next connection, with a random part. */
function pause(times: number): number {
  const grown = Math.min(FIRST_PAUSE_MILLISECONDS * 2 ** (times - 1), LONGEST_PAUSE_MILLISECONDS);
  return grown * (0.5 + Math.random() / 2);
}

/** A Redis that is no cluster: the queue, or the session store. */
export function connect(url: string, redis: Settings['redis'], options: RedisOptions = {}): Redis {
  const client = new Redis(url, {
    ...redis,
    commandTimeout: COMMAND_MILLISECONDS,
    retryStrategy: pause,
    // A failover made a replica of whom we are connected to: connect anew, and say it again.
    reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
    ...options,
  });
  return told(client, 'a store is away');
}

/** The cache, a cluster also with one shard. */
export function connectCluster(url: string, redis: Settings['redis']): Cluster {
  const { hostname, port, username, password, protocol } = new URL(url);
  const client = new Cluster([{ host: hostname, port: Number(port) }], {
    dnsLookup: lookupFirst,
    lazyConnect: redis.lazyConnect,
    enableReadyCheck: redis.enableReadyCheck,
    // Without the cache an answer costs time; waiting for it would cost more.
    enableOfflineQueue: false,
    clusterRetryStrategy: pause,
    redisOptions: {
      username: decodeURIComponent(username),
      password: decodeURIComponent(password),
      maxRetriesPerRequest: redis.maxRetriesPerRequest,
      commandTimeout: COMMAND_MILLISECONDS,
      ...(protocol === 'rediss:' ? { tls: {} } : {}),
    },
  });
  return told(client, 'the cache is away');
}

/** ElastiCache's certificates are of names: what a name resolves to would not fit them. */
const lookupFirst: typeof lookup = ((address: string, callback: (e: null, found: string) => void) => {
  callback(null, address);
}) as typeof lookup;

function told<T extends Redis | Cluster>(client: T, said: string): T {
  client.on('error', (error: unknown) => {
    log.warn(facts(error), said);
  });
  return client;
}
