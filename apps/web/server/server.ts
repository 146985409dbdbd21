import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { closed } from './closing.js';
import { createService } from './http.js';
import { Metrics } from './metrics.js';
import { Pages } from './pages.js';
import { readSettings } from './settings.js';

const log = pino({ base: null, messageKey: 'message', timestamp: pino.stdTimeFunctions.isoTime });
const settings = readSettings(process.env);
const pages = new Pages(fileURLToPath(new URL('page/', import.meta.url)));
const metrics = new Metrics();
const server = createService(pages, metrics, settings.keepAliveSeconds);
const metricsServer = metrics.serve(settings.metricsPort);
server.listen(settings.port);
await once(server, 'listening');
log.info('listening');

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  log.info('stopping');
  await closed(server, settings.drainSeconds);
  metricsServer.close();
  metricsServer.closeAllConnections();
  log.info('stopped');
  process.exit(0);
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop());
