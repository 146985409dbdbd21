import type { IncomingHttpHeaders } from 'node:http';
import type { Redis } from 'ioredis';

/** Who somebody is, as the orchestrator's session says. */
export interface Session {
  userId: string;
  organizationId: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The id that a client shows: as `Authorization: Bearer …`, or in the cookie `session`. */
export function sessionIdOf(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '');
  if (bearer) return bearer[1];
  const cookies = (headers.cookie ?? '').split(';').map((each) => each.trim());
  const found = cookies.find((each) => each.startsWith('session='));
  return found?.slice('session='.length);
}

/** Reads sessions; it never writes one. */
export class Sessions {
  constructor(
    private readonly store: Pick<Redis, 'get'>,
    private readonly prefix: string,
  ) {}

  /** The session of a request, or undefined. Throws where the store can't be asked. */
  async of(headers: IncomingHttpHeaders): Promise<Session | undefined> {
    const id = sessionIdOf(headers);
    const entry = id === undefined ? null : await this.store.get(this.prefix + id);
    return entry === null ? undefined : parsed(entry);
  }
}

function parsed(entry: string): Session | undefined {
  let found: unknown;
  try {
    found = JSON.parse(entry);
  } catch {
    return undefined;
  }
  if (typeof found !== 'object' || found === null) return undefined;
  const { userId, organizationId } = found as Partial<Record<keyof Session, unknown>>;
  if (typeof userId !== 'string' || typeof organizationId !== 'string') return undefined;
  return UUID.test(organizationId) ? { userId, organizationId } : undefined;
}
