import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { applyAwarenessUpdate, encodeAwarenessUpdate, type Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { facts, log } from './log.js';

/** The origin of changes that came from another process: whoever made them saves them. */
export const ELSEWHERE = { source: 'redis' } as const;

const SENDER_BYTES = 8;
const PING_MILLISECONDS = 10_000;

/** Nothing inserted, nothing deleted. What was deleted stands in every other update. */
const EMPTY_UPDATE_BYTES = 2;

/** First byte of a message; the sender follows, then what each kind carries. */
enum Kind {
  /** A Yjs update. */
  Edit = 0,
  /** Who is there. */
  Presence = 1,
  /** A state vector: whoever knows more says it. */
  Question = 2,
}

export type SharedDocument = Y.Doc & { awareness: Awareness };

type Client = Pick<Redis, 'status' | 'on' | 'ping' | 'disconnect'>;
export type Publisher = Client & Pick<Redis, 'publish'>;
export type Subscriber = Client & Pick<Redis, 'subscribe' | 'unsubscribe'>;

/**
 * Tells other processes of each edit, by one message on the document's channel, and hears theirs.
 *
 * A channel loses what is said while somebody doesn't listen. So a process that opens a document, or
 * hears again after a break, asks what it lacks; and what could not be published is said once the
 * cache is back.
 */
export class EditChannel {
  private readonly open = new Map<string, SharedDocument>();
  private readonly unsaid = new Set<string>();
  private readonly sender = randomBytes(SENDER_BYTES);
  private readonly pinging: NodeJS.Timeout;

  constructor(
    private readonly publisher: Publisher,
    private readonly subscriber: Subscriber,
    private readonly prefix: string,
    private readonly published: (kind: string) => void,
  ) {
    subscriber.on('ready', () => void this.listen([...this.open.keys()]));
    subscriber.on('messageBuffer', (channel: Buffer, message: Buffer) => {
      this.hear(channel.toString(), message);
    });
    publisher.on('ready', () => {
      for (const channel of this.unsaid) void this.sayAll(channel);
    });
    // A host that is lost says nothing: without a word of our own, its silence would go unnoticed.
    this.pinging = setInterval(() => {
      for (const client of [publisher, subscriber]) ping(client);
    }, PING_MILLISECONDS);
    this.pinging.unref();
  }

  /** Share a document from now on. Does not wait for the cache, which may be away. */
  join(name: string, document: SharedDocument): void {
    this.open.set(this.prefix + name, document);
    void this.listen([this.prefix + name]);
  }

  /** No longer; does nothing where another document of that name was opened meanwhile. */
  leave(name: string): void {
    const channel = this.prefix + name;
    if (!this.open.get(channel)?.isDestroyed) return;
    this.open.delete(channel);
    this.unsaid.delete(channel);
    if (this.subscriber.status === 'ready') this.subscriber.unsubscribe(channel).catch(failed);
  }

  async edit(name: string, update: Uint8Array): Promise<void> {
    const channel = this.prefix + name;
    await (this.unsaid.has(channel) ? this.sayAll(channel) : this.say(channel, Kind.Edit, update));
  }

  async presence(name: string, awareness: Awareness, clients: number[]): Promise<void> {
    const update = encodeAwarenessUpdate(awareness, clients);
    await this.say(this.prefix + name, Kind.Presence, update);
  }

  close(): void {
    clearInterval(this.pinging);
    this.publisher.disconnect();
    this.subscriber.disconnect();
  }

  private async listen(channels: string[]): Promise<void> {
    // Whoever isn't connected is called again when it is.
    if (this.subscriber.status !== 'ready' || channels.length === 0) return;
    try {
      await this.subscriber.subscribe(...channels);
    } catch (error) {
      failed(error);
      this.subscriber.disconnect(true);
      return;
    }
    for (const channel of channels) await this.ask(channel);
  }

  private async ask(channel: string): Promise<void> {
    const document = this.open.get(channel);
    if (document) await this.say(channel, Kind.Question, Y.encodeStateVector(document));
  }

  private async sayAll(channel: string): Promise<void> {
    const document = this.open.get(channel);
    if (document && (await this.say(channel, Kind.Edit, Y.encodeStateAsUpdate(document)))) {
      this.unsaid.delete(channel);
    }
  }

  private async say(channel: string, kind: Kind, body: Uint8Array): Promise<boolean> {
    try {
      await this.publisher.publish(channel, Buffer.concat([Buffer.of(kind), this.sender, body]));
    } catch (error) {
      if (kind === Kind.Edit && this.open.has(channel)) this.unsaid.add(channel);
      failed(error);
      return false;
    }
    this.published(Kind[kind].toLowerCase());
    return true;
  }

  private hear(channel: string, message: Buffer): void {
    const document = this.open.get(channel);
    const body = message.subarray(1 + SENDER_BYTES);
    if (!document || this.sender.equals(message.subarray(1, 1 + SENDER_BYTES))) return;
    try {
      switch (message[0]) {
        case Kind.Edit:
          Y.applyUpdate(document, body, ELSEWHERE);
          break;
        case Kind.Presence:
          applyAwarenessUpdate(document.awareness, body, ELSEWHERE);
          break;
        case Kind.Question:
          void this.answer(channel, document, body);
          break;
      }
    } catch (error) {
      log.warn(facts(error), 'a message of another process could not be read');
    }
  }

  private async answer(channel: string, document: SharedDocument, asked: Uint8Array): Promise<void> {
    const update = Y.encodeStateAsUpdate(document, asked);
    if (update.length > EMPTY_UPDATE_BYTES) await this.say(channel, Kind.Edit, update);
    if (knowsMore(asked, document)) await this.ask(channel);
    const there = [...document.awareness.getStates().keys()];
    const name = channel.slice(this.prefix.length);
    if (there.length > 0) await this.presence(name, document.awareness, there);
  }
}

/** Whether a state vector has something that the document lacks. */
function knowsMore(vector: Uint8Array, document: Y.Doc): boolean {
  const ours = Y.decodeStateVector(Y.encodeStateVector(document));
  return [...Y.decodeStateVector(vector)].some(([client, clock]) => clock > (ours.get(client) ?? 0));
}

function ping(client: Client): void {
  if (client.status !== 'ready') return;
  client.ping().catch((error: unknown) => {
    failed(error);
    client.disconnect(true);
  });
}

function failed(error: unknown): void {
  log.warn(facts(error), 'the cache gave no answer');
}
