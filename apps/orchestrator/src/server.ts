import { addApi, addProbes, createServer } from './api.js';
import { Cache } from './cache.js';
import { closed } from './closing.js';
import { Databases } from './database.js';
import { Jobs } from './jobs.js';
import { facts, log } from './log.js';
import { Metrics } from './metrics.js';
import { connect, connectCluster } from './redis.js';
import { Sessions } from './sessions.js';
import { readSettings } from './settings.js';
import { Workflows } from './temporal.js';

process.on('unhandledRejection', (error) => {
  log.fatal(facts(error), 'nobody expected this');
  process.exit(1);
});

const settings = readSettings(process.env);
const databases = new Databases(settings.databases);
const metrics = new Metrics();
const server = createServer(settings.keepAliveSeconds);
addProbes(server, () => databases.ready);
/** What ends after the last request, in this order. */
const ends: (() => Promise<unknown> | undefined)[] = [];

if (settings.isWorkflowWorker) {
  if (!settings.workflows) throw new Error('TEMPORAL_ADDRESS is not set');
  const { WorkflowWorker } = await import('./workflow-worker.js');
  const worker = new WorkflowWorker(settings.workflows, databases, settings.drainSeconds);
  ends.push(() => worker.stop());
} else {
  const cache = connectCluster(settings.cacheUrl, settings.redis);
  const queue = connect(settings.queueUrl, settings.redis);
  const sessionStore = connect(settings.sessionStoreUrl, settings.redis);
  const workflows = settings.workflows && new Workflows(settings.workflows);
  addApi(server, {
    settings,
    databases,
    cache: new Cache(cache, settings.entries),
    jobs: new Jobs(queue, settings.jobs),
    sessions: new Sessions(sessionStore, settings.sessions),
    metrics,
    workflows,
  });
  ends.push(() => {
    for (const client of [cache, queue, sessionStore]) client.disconnect();
    return workflows?.close();
  });
}

const metricsServer = metrics.serve(settings.metricsPort);
await server.listen({ port: settings.port, host: '0.0.0.0' });
log.info('listening');

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  log.info('stopping');
  await closed(server.server, settings.drainSeconds);
  for (const end of ends) await end();
  await databases.close();
  metricsServer.close();
  metricsServer.closeAllConnections();
  log.info('stopped');
  process.exit(0);
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop());
