import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { DocumentKey } from './database.js';

/** RFC 6455's registry of close codes. */
const SERVICE_RESTART = 1012;
const TRY_AGAIN_LATER = 1013;

/** Few sockets need no minutes: no more of them come back in a second than every so often. */
const LONGEST_PAUSE_MILLISECONDS = 250;

/** Of the drain, so that its end is left for saving. */
const CLOSING_PART = 0.8;

/** How long a client may take to answer its closing. */
const CLOSED_SECONDS = 2;

/** The sockets that are open, with what is done to all of them. */
export class Sockets {
  private readonly open = new Map<WebSocket, DocumentKey>();

  constructor(private readonly pingSeconds: number) {}

  get count(): number {
    return this.open.size;
  }

  /** Ping it after each silence, and end it where nothing comes back until the next. */
  add(socket: WebSocket, key: DocumentKey): void {
    this.open.set(socket, key);
    let answered = true;
    const timer = setTimeout(() => {
      if (!answered) {
        socket.terminate();
        return;
      }
      answered = false;
      socket.ping();
      timer.refresh();
    }, this.pingSeconds * 1000);
    const heard = () => {
      answered = true;
      timer.refresh();
    };
    socket.on('message', heard).on('pong', heard).on('ping', heard);
    socket.on('close', () => {
      clearTimeout(timer);
      this.open.delete(socket);
    });
  }

  /** Have the clients of a document come again later. */
  turnAway({ organizationId, documentId }: DocumentKey): void {
    for (const [socket, key] of this.open) {
      if (key.organizationId === organizationId && key.documentId === documentId) {
        socket.close(TRY_AGAIN_LATER);
      }
    }
  }

  /** Close all with 1012, spread over a part of the drain: clients come back one by one. */
  async drain(drainSeconds: number): Promise<void> {
    const pause = pauseOf(this.open.size, drainSeconds);
    // What is opened meanwhile, on a connection from before, comes last.
    for (const socket of this.open.keys()) {
      socket.close(SERVICE_RESTART, 'service restart');
      await sleep(pause);
    }
    const ends = performance.now() + CLOSED_SECONDS * 1000;
    while (this.open.size > 0 && performance.now() < ends) await sleep(20);
    for (const socket of this.open.keys()) socket.terminate();
  }
}

/** Milliseconds between two sockets that are closed. */
export function pauseOf(sockets: number, drainSeconds: number): number {
  return Math.min(LONGEST_PAUSE_MILLISECONDS, (drainSeconds * 1000 * CLOSING_PART) / sockets);
}
