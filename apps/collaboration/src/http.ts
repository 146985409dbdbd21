import { STATUS_CODES, createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { Doc, encodeStateAsUpdate } from 'yjs';
import type { DocumentKey, DocumentStore } from './database.js';
import { facts, log } from './log.js';
import type { Metrics } from './metrics.js';
import { retry } from './retry.js';
import type { Rooms } from './rooms.js';
import type { Session, Sessions } from './sessions.js';
import type { Sockets } from './sockets.js';

/** Of one message, as of a text that is pasted. */
const LARGEST_MESSAGE_BYTES = 5 * 1024 * 1024;

/** How long a request waits for stores that are away. */
const REQUEST_SECONDS = 3;

const RETRY_AFTER_SECONDS = '2';
const DOCUMENT = /^\/collab\/([\w.-]{1,128})$/;
const ROUTE = '/collab/:document';

export interface Service {
  settings: { keepAliveSeconds: number };
  sessions: Pick<Sessions, 'of'>;
  store: DocumentStore;
  ready: () => boolean;
  rooms: Rooms;
  sockets: Sockets;
  metrics: Metrics;
}

interface Refusal {
  status: 401 | 404 | 503;
}

/** The server of PORT: probes, what is saved of a document (GET), and its socket. */
export function createService(service: Service): Server {
  const { metrics, settings } = service;
  const webSockets = new WebSocketServer({ noServer: true, maxPayload: LARGEST_MESSAGE_BYTES });
  const server = createServer((request, response) => {
    const path = pathOf(request);
    if (path === '/health/live') {
      response.end('ok');
      return;
    }
    if (path === '/health/ready') {
      response.writeHead(service.ready() ? 200 : 503).end(service.ready() ? 'ok' : 'not ready');
      return;
    }
    const began = performance.now();
    const route = DOCUMENT.test(path) ? ROUTE : 'none';
    response.on('finish', () => {
      metrics.count(methodOf(request), route, response.statusCode, began);
    });
    void answer(service, request, response);
  });
  server.keepAliveTimeout = settings.keepAliveSeconds * 1000;
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const began = performance.now();
    const route = DOCUMENT.test(pathOf(request)) ? ROUTE : 'none';
    const ignore = () => undefined;
    socket.on('error', ignore);
    void visitorOf(service, request).then((visitor) => {
      if ('status' in visitor) {
        metrics.count(methodOf(request), route, visitor.status, began);
        socket.end(refusalOf(visitor.status));
        return;
      }
      socket.off('error', ignore);
      webSockets.handleUpgrade(request, socket, head, (opened) => {
        metrics.count(methodOf(request), route, 101, began);
        join(service, opened, visitor);
      });
    });
  });
  return server;
}

function join({ rooms, sockets }: Service, socket: WebSocket, visitor: Session & DocumentKey): void {
  sockets.add(socket, visitor);
  // Hocuspocus asks the request for nothing that the visitor doesn't say already.
  const request = new Request('http://collaboration/');
  const connection = rooms.of(visitor.organizationId).handleConnection(socket, request, visitor);
  socket.on('message', (data: Buffer) => {
    connection.handleMessage(data);
  });
  socket.on('close', (code, reason) => {
    connection.handleClose({ code, reason: reason.toString() });
  });
  socket.on('error', (error) => {
    log.info(facts(error), 'a socket broke');
  });
}

/** The saved document as one Yjs update; one that nobody has written to is empty. */
async function answer(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('cache-control', 'no-store');
  if (request.method !== 'GET') {
    response.writeHead(405, { allow: 'GET' }).end();
    return;
  }
  const visitor = await visitorOf(service, request);
  if ('status' in visitor) {
    refuse(response, visitor.status);
    return;
  }
  try {
    const saved = await retry(() => service.store.read(visitor), { seconds: REQUEST_SECONDS });
    const state = saved ?? encodeStateAsUpdate(new Doc());
    response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(state);
  } catch (error) {
    log.error(facts(error), 'a document could not be read');
    refuse(response, 503);
  }
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, status === 503 ? { 'retry-after': RETRY_AFTER_SECONDS } : {}).end();
}

/** The answer to a request for a socket that is none; Node.js leaves writing it to us. */
function refusalOf(status: number): string {
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Length: 0',
    ...(status === 503 ? [`Retry-After: ${RETRY_AFTER_SECONDS}`] : []),
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** Who asks for which document, or why he may not. */
async function visitorOf(
  { sessions }: Service,
  request: IncomingMessage,
): Promise<(Session & DocumentKey) | Refusal> {
  const documentId = DOCUMENT.exec(pathOf(request))?.[1];
  if (documentId === undefined) return { status: 404 };
  try {
    const session = await retry(() => sessions.of(request.headers), { seconds: REQUEST_SECONDS });
    return session ? { ...session, documentId } : { status: 401 };
  } catch (error) {
    log.error(facts(error), 'sessions could not be read');
    return { status: 503 };
  }
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0] ?? '/';
}

/** Clients may send any word as a method, and each would be a series of its own. */
function methodOf({ method = '' }: IncomingMessage): string {
  return ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].includes(method) ? method : 'other';
}
