import pino from 'pino';

/**
 * One JSON object a line on standard output. Of errors only name and code are written: their texts
 * may hold a login, a statement's values or what somebody sent.
 */
export const log = pino({ base: null, messageKey: 'message', timestamp: pino.stdTimeFunctions.isoTime });

export function facts(error: unknown): { error: string; code?: string } {
  if (!(error instanceof Error)) return { error: typeof error };
  const code = codeOf(error);
  return code === undefined ? { error: error.name } : { error: error.name, code };
}

/** Its own, or of what it wraps: drizzle wraps what the database says. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code: unknown = 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : codeOf(error.cause);
}
