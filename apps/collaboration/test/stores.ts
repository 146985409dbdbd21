import { EventEmitter } from 'node:events';
import { mergeUpdates } from 'yjs';
import type { Publisher, Subscriber } from '../src/channel.js';
import type { DocumentKey, DocumentStore } from '../src/database.js';

/** Channels of Redis in this process, with clients that can lose their connection. */
export class Bus {
  /** Whether it refuses what is published. */
  refuses = false;
  readonly said: { channel: string; kind: number | undefined }[] = [];
  private readonly clients: BusClient[] = [];

  client(): BusClient {
    const made = new BusClient(this);
    this.clients.push(made);
    return made;
  }

  get edits(): number {
    return this.said.filter(({ kind }) => kind === 0).length;
  }

  pass(channel: string, message: Buffer): void {
    this.said.push({ channel, kind: message[0] });
    for (const client of this.clients) client.hear(channel, message);
  }

  away(): void {
    for (const client of this.clients) client.status = 'reconnecting';
  }

  back(): void {
    for (const client of this.clients) client.status = 'ready';
    for (const client of this.clients) client.emit('ready');
  }
}

class BusClient extends EventEmitter {
  status = 'ready';
  private readonly channels = new Set<string>();

  constructor(private readonly bus: Bus) {
    super();
  }

  publish(channel: string, message: Buffer): Promise<number> {
    if (this.bus.refuses || this.status !== 'ready') return Promise.reject(new Error('away'));
    this.bus.pass(channel, message);
    return Promise.resolve(1);
  }

  subscribe(...channels: string[]): Promise<number> {
    for (const channel of channels) this.channels.add(channel);
    return Promise.resolve(channels.length);
  }

  unsubscribe(channel: string): Promise<number> {
    this.channels.delete(channel);
    return Promise.resolve(this.channels.size);
  }

  ping(): Promise<string> {
    return Promise.resolve('PONG');
  }

  disconnect(): void {
    this.status = 'end';
  }

  hear(channel: string, message: Buffer): void {
    if (this.status === 'ready' && this.channels.has(channel)) {
      this.emit('messageBuffer', Buffer.from(channel), message);
    }
  }
}

/** What of ioredis the channel uses is all there. */
export function clientOf(bus: Bus): Publisher & Subscriber {
  return bus.client() as unknown as Publisher & Subscriber;
}

/** Documents in memory; while it is `away`, every call fails. */
export class MemoryStore implements DocumentStore {
  away = false;
  private readonly states = new Map<string, Uint8Array>();

  load(key: DocumentKey): Promise<Uint8Array | undefined> {
    return this.read(key);
  }

  read({ organizationId, documentId }: DocumentKey): Promise<Uint8Array | undefined> {
    if (this.away) return Promise.reject(new Error('away'));
    return Promise.resolve(this.states.get(`${organizationId}/${documentId}`));
  }

  save({ organizationId, documentId }: DocumentKey, state: Uint8Array): Promise<void> {
    if (this.away) return Promise.reject(new Error('away'));
    const name = `${organizationId}/${documentId}`;
    const saved = this.states.get(name);
    this.states.set(name, saved ? mergeUpdates([saved, state]) : state);
    return Promise.resolve();
  }
}
