import { once } from 'node:events';
import type { Server } from 'node:http';

const IDLE_EVERY_MILLISECONDS = 100;

/**
 * Takes no connection any more, and ends when the requests in hand are answered and the sockets are
 * closed, or when the time is up. Connections whose last answer is out are closed by us: they would
 * idle for an hour.
 */
export async function closed(server: Server, seconds: number): Promise<void> {
  const ended = once(server, 'close');
  server.close();
  const idle = setInterval(() => {
    server.closeIdleConnections();
  }, IDLE_EVERY_MILLISECONDS);
  const late = setTimeout(() => {
    server.closeAllConnections();
  }, seconds * 1000);
  await ended;
  clearInterval(idle);
  clearTimeout(late);
}
