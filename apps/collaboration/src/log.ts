import pino from 'pino';

/**
 * One JSON object a line on standard output. Of errors only name and code are written: their texts
 * may hold a login, a document's name or what somebody wrote.
 */
export const log = pino({ base: null, messageKey: 'message', timestamp: pino.stdTimeFunctions.isoTime });

export function facts(error: unknown): { error: string; code?: string } {
  if (!(error instanceof Error)) return { error: typeof error };
  const code: unknown = 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? { error: error.name, code } : { error: error.name };
}

/** Hocuspocus writes to the console, with documents' names: of that only the error's kind stays. */
export function quietConsole(): void {
  for (const level of ['error', 'warn', 'info'] as const) {
    console[level] = (...said: unknown[]) => {
      const error = said.find((each) => each instanceof Error);
      log[level](error ? facts(error) : {}, 'said by a library');
    };
  }
  console.log = console.info;
}
