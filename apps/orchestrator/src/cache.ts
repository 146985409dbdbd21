import type { Cluster } from 'ioredis';
import { facts, log } from './log.js';
import type { EntryKind, Settings } from './settings.js';

export interface Cached<T> {
  value: T;
  hit: boolean;
}

/** The plan's application cache. Any entry may be lost, and a cache that is away costs time alone. */
export class Cache {
  constructor(
    private readonly client: Pick<Cluster, 'get' | 'set' | 'unlink' | 'status' | 'connect'>,
    private readonly entries: Settings['entries'],
  ) {}

  /** The entry, or what `find` finds, which is kept unless it is undefined. */
  async through<T>(kind: EntryKind, key: string, find: () => Promise<T>): Promise<Cached<T>> {
    const kept = await this.ask(async () => {
      const text = await this.client.get(this.keyOf(kind, key));
      return text === null ? undefined : { value: JSON.parse(text) as T };
    });
    if (kept) return { ...kept, hit: true };
    const value = await find();
    await this.keep(kind, key, value);
    return { value, hit: false };
  }

  /** In the place of the entry that is there. */
  async keep(kind: EntryKind, key: string, value: unknown): Promise<void> {
    if (value === undefined) return;
    const { seconds } = this.entries[kind];
    await this.ask(() => this.client.set(this.keyOf(kind, key), JSON.stringify(value), 'EX', seconds));
  }

  async forget(kind: EntryKind, key: string): Promise<void> {
    await this.ask(() => this.client.unlink(this.keyOf(kind, key)));
  }

  private keyOf(kind: EntryKind, key: string): string {
    return this.entries[kind].prefix + key;
  }

  private async ask<T>(command: () => Promise<T>): Promise<T | undefined> {
    try {
      // Without an offline queue somebody has to begin.
      if (this.client.status === 'wait') await this.client.connect();
      return await command();
    } catch (error) {
      log.warn(facts(error), 'the cache gave no answer');
      return undefined;
    }
  }
}
