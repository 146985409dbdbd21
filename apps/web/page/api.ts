/** An answer, with what its headers say of the way that it took. */
export interface Answer {
  body: unknown;
  cache: string | null;
  milliseconds: number;
}

/** What somebody is told who can't be helped by trying again; `status` where there was an answer. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly status?: number,
  ) {
    super(message);
  }
}

const ATTEMPTS = 6;
const FIRST_WAIT_MILLISECONDS = 100;
const LONGEST_WAIT_MILLISECONDS = 5000;

interface Way {
  fetch: typeof globalThis.fetch;
  sleep: (milliseconds: number) => Promise<unknown>;
}

const NETWORK: Way = {
  fetch: (input, init) => globalThis.fetch(input, init),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

/**
 * Asks the orchestrator, and again where it can't be reached or answers 503. That does no harm, since
 * what is added has an id that we choose. Throws ApiError.
 */
export async function ask(method: string, path: string, body?: unknown, way = NETWORK): Promise<Answer> {
  const request: RequestInit = { method, credentials: 'same-origin' };
  if (body !== undefined) {
    request.headers = { 'content-type': 'application/json' };
    request.body = JSON.stringify(body);
  }
  for (let attempt = 1; ; attempt += 1) {
    const began = performance.now();
    const response = await way.fetch(path, request).catch(() => undefined);
    if (response && response.status !== 503) {
      const found = await bodyOf(response);
      if (!response.ok) throw new ApiError(reasonOf(response.status, found), response.status);
      const milliseconds = performance.now() - began;
      return { body: found, cache: response.headers.get('x-cache'), milliseconds };
    }
    if (attempt === ATTEMPTS) throw new ApiError('The service can’t be reached. Please try again later.');
    await way.sleep(waitOf(attempt, response?.headers.get('retry-after')));
  }
}

/** Milliseconds until the next attempt, with a random part: all were refused at one moment. */
export function waitOf(attempt: number, retryAfter: string | null | undefined): number {
  const grown = Math.min(FIRST_WAIT_MILLISECONDS * 2 ** attempt, LONGEST_WAIT_MILLISECONDS);
  const asked = Number(retryAfter ?? 0) * 1000 || 0;
  return Math.min(asked, LONGEST_WAIT_MILLISECONDS) + grown * (0.5 + Math.random() / 2);
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

function reasonOf(status: number, body: unknown): string {
  if (status === 401) return 'You are not signed in.';
  const said = typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined;
  return typeof said === 'string' ? `Refused: ${said}` : `The service answered ${status}.`;
}
