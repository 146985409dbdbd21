import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_WAIT_MILLISECONDS = 100;
const LONGEST_WAIT_MILLISECONDS = 5000;

/** SQLSTATEs that pass by themselves: connections, shutdowns, a changed table, and conflicts. */
const PASSING = /^(08...|57P0.|53...|40001|40P01|0A000|25006)$/;

/** Whether to try again: whatever is no verdict of the database on the statement itself. */
export function passes(error: unknown): boolean {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code) || PASSING.test(code);
}

export interface RetryOptions {
  /** How long to go on after the first failure; for good unless given. */
  seconds?: number;
  signal?: AbortSignal;
  repeats?: (error: unknown) => boolean;
  onFailure?: (error: unknown) => void;
}

/**
 * Calls until it succeeds, with random waits that grow: all clients were refused at one moment.
 * Throws the last error when the time is up, when it isn't one that passes, or when the signal says so.
 */
export async function retry<T>(work: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { seconds = Infinity, signal, repeats = passes, onFailure } = options;
  let ends: number | undefined;
  for (let wait = FIRST_WAIT_MILLISECONDS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MILLISECONDS)) {
    try {
      return await work();
    } catch (error) {
      onFailure?.(error);
      const pause = wait * (0.5 + Math.random() / 2);
      ends ??= performance.now() + seconds * 1000;
      if (signal?.aborted || !repeats(error) || performance.now() + pause > ends) throw error;
      await sleep(pause, undefined, signal ? { signal } : {});
    }
  }
}
