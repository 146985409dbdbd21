import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addApi, addProbes, createServer, type Service } from '../src/api.js';
import { Metrics } from '../src/metrics.js';
import { StoreAway } from '../src/retry.js';

const ORGANIZATION = '6f0f7c0e-5d0c-4c57-9d6a-4f1d1f1a6b11';
const CACHE_CONTROL = {
  mutation: 'no-store',
  public: 'public, max-age=300',
  publicPrefix: '/api/public/',
  authenticated: 'private, no-cache',
};

interface Added {
  queue: string;
  analysisId: string;
  priority: number | undefined;
}

/** The API on stores of this process. */
function service(changes: Partial<Record<keyof Service, unknown>> = {}) {
  const added: Added[] = [];
  const metrics = new Metrics();
  const parts = {
    settings: { cacheControl: CACHE_CONTROL, keepAliveSeconds: 1 },
    databases: { write: () => Promise.resolve(), read: () => Promise.resolve([]), readSystem: () => Promise.resolve([]) },
    cache: {
      through: async (_kind: string, _key: string, find: () => Promise<unknown>) => ({ value: await find(), hit: false }),
    },
    jobs: {
      names: ['analysis', 'extraction'],
      add: (queue: string, job: { analysisId: string }, priority?: number) => {
        added.push({ queue, analysisId: job.analysisId, priority });
        return Promise.resolve();
      },
    },
    sessions: {
      of: (headers: { authorization?: string }) =>
        Promise.resolve(headers.authorization ? { userId: 'user-1', organizationId: ORGANIZATION } : undefined),
    },
    metrics,
    workflows: undefined,
    ...changes,
  };
  const server = createServer(1);
  addProbes(server, () => false);
  addApi(server, parts as unknown as Service);
  return { server, added, metrics };
}

const SIGNED_IN = { authorization: 'Bearer abc' };

describe('the API', () => {
  it('says who may keep an answer, by method and path', async () => {
    const { server } = service();
    const of = async (method: 'GET' | 'POST', url: string) =>
      (await server.inject({ method, url, headers: SIGNED_IN })).headers['cache-control'];
    assert.equal(await of('GET', '/api/public/studies'), CACHE_CONTROL.public);
    assert.equal(await of('GET', '/api/patients'), CACHE_CONTROL.authenticated);
    assert.equal(await of('POST', '/api/patients'), CACHE_CONTROL.mutation);
    assert.equal(await of('GET', '/nowhere'), CACHE_CONTROL.authenticated);
  });

  it('lets nobody in without a session but to what is public', async () => {
    const { server } = service();
    assert.equal((await server.inject('/api/patients')).statusCode, 401);
    assert.equal((await server.inject('/api/public/studies')).statusCode, 200);
  });

  it('names an analysis alike however often it is asked for', async () => {
    const { server, added } = service();
    const payload = { id: 'mine', patient: 'patient-1', queue: 'extraction' };
    const ask = () => server.inject({ method: 'POST', url: '/api/analyses', headers: SIGNED_IN, payload });
    const [one, other] = [await ask(), await ask()];
    assert.equal(one.statusCode, 202);
    assert.deepEqual(one.json(), other.json());
    assert.equal(added[0]?.queue, 'extraction');
    assert.equal(added[0].analysisId, added[1]?.analysisId);
  });

  it('refuses a queue that there is none of, and what no column takes', async () => {
    const { server } = service();
    for (const payload of [{ patient: 'p', queue: 'other' }, { patient: 'a b' }, {}]) {
      const answer = await server.inject({ method: 'POST', url: '/api/analyses', headers: SIGNED_IN, payload });
      assert.equal(answer.statusCode, 400);
      assert.deepEqual(answer.json(), { error: 'Bad Request' });
    }
  });

  it('asks to be asked again while a store is away', async () => {
    const away = () => Promise.reject(new StoreAway('away'));
    const { server } = service({ databases: { read: away } });
    const answer = await server.inject({ url: '/api/patients', headers: SIGNED_IN });
    assert.equal(answer.statusCode, 503);
    assert.ok(Number(answer.headers['retry-after']) > 0);
  });

  it('says how far an analysis is but for its progress while the queue is away', async () => {
    const row = { queue: 'analysis', state: 'running', result: null };
    const progress = () => Promise.reject(new Error('the queue is away'));
    const { server } = service({ databases: { read: () => Promise.resolve([row]) }, jobs: { names: ['analysis'], progress } });
    const answer = await server.inject({ url: '/api/analyses/mine', headers: SIGNED_IN });
    assert.equal(answer.statusCode, 200);
    const { state, progress: told } = answer.json<{ state: string; progress?: number }>();
    assert.deepEqual([state, told], ['running', undefined]);
  });

  it('counts by the pattern of a path, never by the path', async () => {
    const { server, metrics } = service({ databases: { read: () => Promise.resolve(undefined) } });
    await server.inject({ url: '/api/patients/patient-1', headers: SIGNED_IN });
    const text = await metrics.registry.metrics();
    assert.match(text, /http_requests_total\{method="GET",route="\/api\/patients\/:id",status="404"\} 1/);
    assert.doesNotMatch(text, /patient-1/);
  });

  it('is live while it is not ready', async () => {
    const { server } = service();
    assert.equal((await server.inject('/health/live')).statusCode, 200);
    assert.equal((await server.inject('/health/ready')).statusCode, 503);
  });
});
