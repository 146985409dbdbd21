import { once } from 'node:events';
import { Redis, type RedisOptions } from 'ioredis';
import { EditChannel } from './channel.js';
import { closed } from './closing.js';
import { DocumentDatabase } from './database.js';
import { createService } from './http.js';
import { facts, log, quietConsole } from './log.js';
import { Metrics } from './metrics.js';
import { Rooms } from './rooms.js';
import { Sessions } from './sessions.js';
import { readSettings } from './settings.js';
import { Sockets } from './sockets.js';

/** A cache that hangs must not hold an edit up for longer. */
const COMMAND_MILLISECONDS = 2000;

quietConsole();
process.on('unhandledRejection', (error) => {
  log.fatal(facts(error), 'nobody expected this');
  process.exit(1);
});

const settings = readSettings(process.env);

function connect(url: string, options: RedisOptions = {}): Redis {
  const client = new Redis(url, { ...settings.redis, commandTimeout: COMMAND_MILLISECONDS, ...options });
  client.on('error', (error) => {
    log.warn(facts(error), 'a store is away');
  });
  return client;
}

// The cache is a cluster, but PUBLISH and SUBSCRIBE have no slots: any node passes them to all. So a
// plain connection does, whose breaks are seen, and after which each document is asked for anew.
const cache: RedisOptions = { enableOfflineQueue: false, autoResubscribe: false, lazyConnect: false };
const sessionStore = connect(settings.sessionStoreUrl);
const database = new DocumentDatabase(settings.writes, settings.reads);
const sockets = new Sockets(settings.pingSeconds);
const metrics = new Metrics(() => sockets.count);
const channel = new EditChannel(
  connect(settings.cacheUrl, cache),
  connect(settings.cacheUrl, cache),
  settings.channelPrefix,
  (kind) => {
    metrics.published.inc({ kind });
  },
);
const rooms = new Rooms(database, channel, (key) => {
  sockets.turnAway(key);
});
const server = createService({
  settings,
  sessions: new Sessions(sessionStore, settings.sessionPrefix),
  store: database,
  ready: () => database.ready,
  rooms,
  sockets,
  metrics,
});
const metricsServer = metrics.serve(settings.metricsPort);
server.listen(settings.port);
await once(server, 'listening');
log.info('listening');

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  const ends = performance.now() + settings.drainSeconds * 1000;
  log.info('stopping');
  const ended = closed(server, settings.drainSeconds);
  await sockets.drain(settings.drainSeconds);
  const saved = await rooms.flush((ends - performance.now()) / 1000);
  await ended;
  metricsServer.close();
  metricsServer.closeAllConnections();
  channel.close();
  sessionStore.disconnect();
  await database.close();
  log.info({ saved }, 'stopped');
  process.exit(saved ? 0 : 1);
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop());
