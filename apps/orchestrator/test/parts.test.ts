import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Cache } from '../src/cache.js';
import { facts } from '../src/log.js';
import { StoreAway, passes, retry } from '../src/retry.js';
import { Sessions, sessionIdOf } from '../src/sessions.js';

const coded = (code: string) => Object.assign(new Error('said by the server'), { code });
const ENTRIES = {
  API_RESPONSE: { prefix: 'api:', seconds: 300 },
  FEATURE_FLAG: { prefix: 'flag:', seconds: 60 },
  LITERATURE_SEARCH: { prefix: 'literature:', seconds: 86_400 },
};
const ORGANIZATION = '6f0f7c0e-5d0c-4c57-9d6a-4f1d1f1a6b11';

/** As much of a Redis as the cache and the sessions ask for. */
class FakeStore {
  status = 'ready' as const;
  readonly kept = new Map<string, string>();
  readonly seconds = new Map<string, number>();
  away = false;

  connect() {
    return Promise.resolve();
  }

  get(key: string) {
    if (this.away) return Promise.reject(new Error('away'));
    return Promise.resolve(this.kept.get(key) ?? null);
  }

  getex(key: string, _mode: 'EX', seconds: number) {
    this.seconds.set(key, seconds);
    return this.get(key);
  }

  set(key: string, value: string, _mode: 'EX', seconds: number) {
    if (this.away) return Promise.reject(new Error('away'));
    this.kept.set(key, value);
    this.seconds.set(key, seconds);
    return Promise.resolve('OK' as const);
  }

  unlink(key: string) {
    return Promise.resolve(Number(this.kept.delete(key)));
  }
}

describe('trying again', () => {
  it('repeats what passes by itself, also where drizzle wraps it', () => {
    assert.ok(passes(coded('57P01')));
    assert.ok(passes(coded('ECONNREFUSED')));
    assert.ok(passes(new Error('failed query', { cause: coded('0A000') })));
    assert.ok(!passes(new Error('failed query', { cause: coded('23505') })));
  });

  it('succeeds once the store is back, and says StoreAway when it is not', async () => {
    let failures = 2;
    const work = () => (failures-- > 0 ? Promise.reject(coded('08P01')) : Promise.resolve('done'));
    assert.equal(await retry(work, 3), 'done');
    await assert.rejects(
      retry(() => Promise.reject(coded('08P01')), 0),
      StoreAway,
    );
  });
});

describe('the log', () => {
  it('has the code of an error and nothing of its text', () => {
    const error = new Error('insert of patient-1', { cause: coded('23505') });
    assert.deepEqual(facts(error), { error: 'Error', code: '23505' });
  });
});

describe('the cache', () => {
  it('finds once, and keeps what was found for the time of its kind', async () => {
    const store = new FakeStore();
    const cache = new Cache(store as never, ENTRIES);
    const find = () => Promise.resolve({ name: 'A' });
    assert.deepEqual(await cache.through('API_RESPONSE', 'one', find), { value: { name: 'A' }, hit: false });
    assert.deepEqual(await cache.through('API_RESPONSE', 'one', find), { value: { name: 'A' }, hit: true });
    assert.equal(store.seconds.get('api:one'), 300);
  });

  it('is done without while it is away', async () => {
    const store = new FakeStore();
    store.away = true;
    const cache = new Cache(store as never, ENTRIES);
    const read = await cache.through('FEATURE_FLAG', 'all', () => Promise.resolve([1]));
    assert.deepEqual(read, { value: [1], hit: false });
  });

  it('finds anew what it can not read', async () => {
    const store = new FakeStore();
    store.kept.set('api:one', '{"name": ');
    const read = await new Cache(store as never, ENTRIES).through('API_RESPONSE', 'one', () => Promise.resolve(1));
    assert.deepEqual(read, { value: 1, hit: false });
  });

  it('keeps nothing where there is nothing', async () => {
    const store = new FakeStore();
    await new Cache(store as never, ENTRIES).through('API_RESPONSE', 'none', () => Promise.resolve(undefined));
    assert.equal(store.kept.size, 0);
  });
});

describe('sessions', () => {
  const sessions = (store: FakeStore) => new Sessions(store as never, { prefix: 'session:', seconds: 86_400 });

  it('are known by a bearer token or a cookie', () => {
    assert.equal(sessionIdOf({ authorization: 'Bearer abc' }), 'abc');
    assert.equal(sessionIdOf({ cookie: 'other=1; session=abc' }), 'abc');
    assert.equal(sessionIdOf({}), undefined);
  });

  it('are renewed by each request, and ended by logging out', async () => {
    const store = new FakeStore();
    const session = { userId: 'user-1', organizationId: ORGANIZATION };
    store.kept.set('session:abc', JSON.stringify(session));
    const headers = { authorization: 'Bearer abc' };
    assert.deepEqual(await sessions(store).of(headers), session);
    assert.equal(store.seconds.get('session:abc'), 86_400);
    await sessions(store).end(headers);
    assert.equal(await sessions(store).of(headers), undefined);
  });

  it('are refused where what is stored is none', async () => {
    const store = new FakeStore();
    store.kept.set('session:abc', '{"userId": "user-1", "organizationId": "everybody"}');
    assert.equal(await sessions(store).of({ authorization: 'Bearer abc' }), undefined);
  });
});
