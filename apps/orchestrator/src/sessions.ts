import type { IncomingHttpHeaders } from 'node:http';
import type { Redis } from 'ioredis';
import { retry } from './retry.js';
import type { Settings } from './settings.js';

/** Who somebody is; an identity provider puts it into the store. */
export interface Session {
  userId: string;
  organizationId: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const REQUEST_SECONDS = 3;

/** The id that a client shows: as `Authorization: Bearer …`, or in the cookie `session`. */
export function sessionIdOf(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '');
  if (bearer) return bearer[1];
  const cookies = (headers.cookie ?? '').split(';').map((each) => each.trim());
  return cookies.find((each) => each.startsWith('session='))?.slice('session='.length);
}

export class Sessions {
  constructor(
    private readonly store: Pick<Redis, 'getex' | 'unlink'>,
    private readonly told: Settings['sessions'],
  ) {}

  /** The session of a request, which from now on lasts as long as a new one. Throws StoreAway. */
  async of(headers: IncomingHttpHeaders): Promise<Session | undefined> {
    const id = sessionIdOf(headers);
    if (id === undefined) return undefined;
    const entry = await retry(
      () => this.store.getex(this.told.prefix + id, 'EX', this.told.seconds),
      REQUEST_SECONDS,
    );
    return entry === null ? undefined : parsed(entry);
  }

  /** Log out. Throws StoreAway. */
  async end(headers: IncomingHttpHeaders): Promise<void> {
    const id = sessionIdOf(headers);
    if (id !== undefined) await retry(() => this.store.unlink(this.told.prefix + id), REQUEST_SECONDS);
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
