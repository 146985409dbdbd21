import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { Pool } from 'pg';
import { facts, log } from './log.js';
import { retry } from './retry.js';
import * as schema from './schema.js';
import type { PoolSettings, Settings } from './settings.js';
import * as systemSchema from './system-schema.js';

const ASKED_EVERY_MILLISECONDS = 1000;
const READY_FOR_MILLISECONDS = 5000;
const CONNECT_MILLISECONDS = 4000;

/** A question of the readiness probe, which must not wait as long as a request may. */
const PROBE_MILLISECONDS = 4000;

/** Of one statement: what PgBouncer holds while its server is away ends within a request's time. */
const ANSWER_MILLISECONDS = 20_000;

/** How long a request asks again. */
const REQUEST_SECONDS = 3;

export type TenantDatabase = NodePgDatabase<typeof schema>;
export type SystemDatabase = NodePgDatabase<typeof systemSchema>;

/** The primary, its replicas, and the system database, each through a pool of its own. */
export class Databases {
  private readonly pools: Pool[] = [];
  private readonly writes: TenantDatabase;
  private readonly reads: TenantDatabase;
  private readonly systems: SystemDatabase;
  private readonly probe: Pool;
  private answered = -Infinity;
  private readonly ended = new AbortController();
  private readonly watching: Promise<void>;

  constructor({ writes, reads, system }: Settings['databases']) {
    // Within the one maximum of its URL: a connection of the probe's is none of the requests'.
    this.probe = this.pool({ ...writes, max: 1 }, PROBE_MILLISECONDS);
    const primary = this.pool({ ...writes, max: Math.max(writes.max - 1, 1) });
    this.writes = drizzle(primary, { schema });
    this.reads = drizzle(this.pool(reads), { schema });
    this.systems = drizzle(system ? this.pool(system) : primary, { schema: systemSchema });
    this.watching = this.watch();
  }

  /** Whether the primary answered within the last seconds. */
  get ready(): boolean {
    return performance.now() - this.answered < READY_FOR_MILLISECONDS;
  }

  /** Read from a replica, which may lag behind. Throws StoreAway. */
  read<T>(work: (database: TenantDatabase) => Promise<T>): Promise<T> {
    return retry(() => work(this.reads), REQUEST_SECONDS);
  }

  /** Read what is no tenant's. Throws StoreAway. */
  readSystem<T>(work: (database: SystemDatabase) => Promise<T>): Promise<T> {
    return retry(() => work(this.systems), REQUEST_SECONDS);
  }

  /**
   * One transaction on the primary, which may be repeated though it was done: its rows have keys that
   * were chosen before. Throws StoreAway.
   */
  write<T>(
    work: (transaction: Parameters<Parameters<TenantDatabase['transaction']>[0]>[0]) => Promise<T>,
    seconds = REQUEST_SECONDS,
  ): Promise<T> {
    return retry(() => this.writes.transaction(work), seconds);
  }

  async close(): Promise<void> {
    this.ended.abort();
    await this.watching;
    await Promise.all(this.pools.map((pool) => pool.end()));
  }

  private pool(settings: PoolSettings, answerMilliseconds = ANSWER_MILLISECONDS): Pool {
    const made = new Pool({
      ...settings,
      connectionTimeoutMillis: CONNECT_MILLISECONDS,
      query_timeout: answerMilliseconds,
    });
    made.on('error', (error) => {
      log.warn(facts(error), 'an idle connection ended');
    });
    // Whoever holds it hears of it by the statement; unheard, the event would end the process.
    made.on('connect', (client) => {
      client.on('error', () => undefined);
    });
    this.pools.push(made);
    return made;
  }

  private async watch(): Promise<void> {
    const probe = drizzle(this.probe);
    while (!this.ended.signal.aborted) {
      try {
        await probe.execute(sql`select 1`);
        this.answered = performance.now();
      } catch (error) {
        log.warn(facts(error), 'the database gave no answer');
      }
      const { signal } = this.ended;
      await sleep(ASKED_EVERY_MILLISECONDS, undefined, { signal }).catch(() => undefined);
    }
  }
}
