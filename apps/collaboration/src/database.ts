import { setTimeout as sleep } from 'node:timers/promises';
import { Pool, type PoolClient } from 'pg';
import { mergeUpdates } from 'yjs';
import { facts, log } from './log.js';
import type { PoolSettings } from './settings.js';

const ASKED_EVERY_MILLISECONDS = 1000;
const READY_FOR_MILLISECONDS = 5000;

/** A question that hangs, as while PgBouncer waits for its server, ends after this. */
const ANSWER_MILLISECONDS = 4000;

/** Which document: a tenant's, by the name that its users give it. */
export interface DocumentKey {
  organizationId: string;
  documentId: string;
}

export interface DocumentStore {
  /** The state as one Yjs update, as it is saved now; undefined where nothing is. */
  load(key: DocumentKey): Promise<Uint8Array | undefined>;
  /** The same from a replica, which may lag behind. */
  read(key: DocumentKey): Promise<Uint8Array | undefined>;
  /** Merge a state into what is saved; doing it twice does no harm. */
  save(key: DocumentKey, state: Uint8Array): Promise<void>;
}

export class DocumentDatabase implements DocumentStore {
  private readonly writes: Pool;
  private readonly reads: Pool;
  private answered = -Infinity;
  private readonly ended = new AbortController();
  private readonly watching: Promise<void>;

  constructor(writes: PoolSettings, reads: PoolSettings) {
    this.writes = pool(writes);
    this.reads = pool(reads);
    this.watching = this.watch();
  }

  /** Whether the database answered within the last seconds. */
  get ready(): boolean {
    return performance.now() - this.answered < READY_FOR_MILLISECONDS;
  }

  load(key: DocumentKey): Promise<Uint8Array | undefined> {
    return stateOf(this.writes, key);
  }

  read(key: DocumentKey): Promise<Uint8Array | undefined> {
    return stateOf(this.reads, key);
  }

  /** Two processes may save one document at once: neither may lose what the other knows. */
  async save({ organizationId, documentId }: DocumentKey, state: Uint8Array): Promise<void> {
    await transaction(this.writes, async (client) => {
      const added = await client.query(
        `insert into documents (organization_id, id, state, updated_at)
         values ($1, $2, $3, now()) on conflict (organization_id, id) do nothing`,
        [organizationId, documentId, Buffer.from(state)],
      );
      if (added.rowCount === 1) return;
      const saved = await client.query<{ state: Buffer }>(
        'select state from documents where organization_id = $1 and id = $2 for update',
        [organizationId, documentId],
      );
      const merged = mergeUpdates([...saved.rows.map((row) => row.state), state]);
      await client.query(
        `update documents set state = $3, updated_at = now()
         where organization_id = $1 and id = $2`,
        [organizationId, documentId, Buffer.from(merged)],
      );
    });
  }

  async close(): Promise<void> {
    this.ended.abort();
    await this.watching;
    await Promise.all([this.writes.end(), this.reads.end()]);
  }

  private async watch(): Promise<void> {
    while (!this.ended.signal.aborted) {
      try {
        await this.writes.query('select 1');
        this.answered = performance.now();
      } catch (error) {
        log.warn(facts(error), 'the database gave no answer');
      }
      const { signal } = this.ended;
      await sleep(ASKED_EVERY_MILLISECONDS, undefined, { signal }).catch(() => undefined);
    }
  }
}

function pool(settings: PoolSettings): Pool {
  const made = new Pool({
    ...settings,
    connectionTimeoutMillis: ANSWER_MILLISECONDS,
    query_timeout: ANSWER_MILLISECONDS,
  });
  made.on('error', (error) => {
    log.warn(facts(error), 'an idle connection ended');
  });
  return made;
}

async function stateOf(
  from: Pool,
  { organizationId, documentId }: DocumentKey,
): Promise<Uint8Array | undefined> {
  const found = await from.query<{ state: Buffer }>(
    'select state from documents where organization_id = $1 and id = $2',
    [organizationId, documentId],
  );
  return found.rows[0]?.state;
}

/** After an error the connection is closed: PgBouncer has closed its end with most of them. */
async function transaction(from: Pool, work: (client: PoolClient) => Promise<void>): Promise<void> {
  const client = await from.connect();
  try {
    await client.query('begin');
    await work(client);
    await client.query('commit');
  } catch (error) {
    client.release(true);
    throw error;
  }
  client.release();
}
