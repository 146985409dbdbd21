import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Metrics } from './metrics.js';
import type { Pages } from './pages.js';

const HEALTH = new Set(['/health/live', '/health/ready']);

/** The server of PORT: probes, and the files of the page. */
export function createService(pages: Pages, metrics: Metrics, keepAliveSeconds: number): Server {
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    if (HEALTH.has(path)) {
      response.end('ok');
      return;
    }
    const began = performance.now();
    const route = answer(pages, path, request, response);
    response.on('finish', () => {
      metrics.count(methodOf(request), route, response.statusCode, began);
    });
  });
  server.keepAliveTimeout = keepAliveSeconds * 1000;
  return server;
}

/** Returns the pattern of the path. */
function answer(pages: Pages, path: string, request: IncomingMessage, response: ServerResponse): string {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return 'none';
  }
  const file = pages.find(path);
  if (!file) {
    response.writeHead(404, { 'cache-control': 'no-cache' }).end();
    return 'none';
  }
  if (request.headers['if-none-match'] === file.headers.etag) {
    response.writeHead(304, file.headers).end();
    return file.route;
  }
  response.writeHead(200, { ...file.headers, 'content-length': file.body.length });
  response.end(request.method === 'HEAD' ? undefined : file.body);
  return file.route;
}

/** Clients may send any word as a method, and each would be a series of its own. */
function methodOf({ method = '' }: IncomingMessage): string {
  return ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].includes(method) ? method : 'other';
}
