import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from './log.js';

const FIRST_WAIT_MILLISECONDS = 100;
const LONGEST_WAIT_MILLISECONDS = 5000;

/** SQLSTATEs that pass by themselves: connections, shutdowns, a changed table, and conflicts. */
const PASSING = /^(08...|57P0.|53...|40001|40P01|0A000|25006)$/;

/** A store is away, and a few seconds of asking again did not help: 503 with Retry-After. */
export class StoreAway extends Error {
  override readonly name = 'StoreAway';
}

/** Whether to try again: whatever is no verdict of the database on the statement itself. */
export function passes(error: unknown): boolean {
  const code = codeOf(error);
  return code === undefined || !/^[0-9A-Z]{5}$/.test(code) || PASSING.test(code);
}

/**
 * Calls until it succeeds, for some seconds after the first failure, with random waits that grow: all
 * clients were refused at one moment. Throws what isn't repeated as it is, and StoreAway after that.
 */
export async function retry<T>(
  work: () => Promise<T>,
  seconds: number,
  repeats: (error: unknown) => boolean = passes,
): Promise<T> {
  let ends: number | undefined;
  for (let wait = FIRST_WAIT_MILLISECONDS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MILLISECONDS)) {
    try {
      return await work();
    } catch (error) {
      if (!repeats(error)) throw error;
      const pause = wait * (0.5 + Math.random() / 2);
      ends ??= performance.now() + seconds * 1000;
      if (performance.now() + pause > ends) throw new StoreAway('tried in vain', { cause: error });
      await sleep(pause);
    }
  }
}
