import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { passes, retry } from '../src/retry.js';
import { Sessions, sessionIdOf } from '../src/sessions.js';
import { readSettings } from '../src/settings.js';
import { Sockets, pauseOf } from '../src/sockets.js';
import { SESSIONS } from './running.js';

const failure = (code?: string) => Object.assign(new Error('no'), code ? { code } : {});

describe('a session', () => {
  it('is shown as a bearer or in a cookie', () => {
    assert.equal(sessionIdOf({ authorization: 'Bearer one' }), 'one');
    assert.equal(sessionIdOf({ cookie: 'a=b; session=two; c=d' }), 'two');
    assert.equal(sessionIdOf({ cookie: 'mysession=three' }), undefined);
  });

  for (const entry of ['no JSON', '[]', 'null', '{"userId": "ann", "organizationId": "../other"}']) {
    it(`is none where the entry is ${entry}`, async () => {
      const sessions = new Sessions({ get: () => Promise.resolve(entry) }, 'session:');
      assert.equal(await sessions.of({ authorization: 'Bearer x' }), undefined);
    });
  }

  it('names user and organization', async () => {
    const store = { get: (key: string) => Promise.resolve(SESSIONS[key] ?? null) };
    const found = await new Sessions(store, 'session:').of({ cookie: 'session=ann' });
    assert.equal(found?.userId, 'ann');
  });
});

describe('trying again', () => {
  it('ends with the first success', async () => {
    const answers = [failure('57P01'), failure('ECONNREFUSED'), 'done'];
    const result = await retry(() => {
      const next = answers.shift();
      return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
    });
    assert.equal(result, 'done');
  });

  it('ends when the time is up, and when it is told to', async () => {
    const work = () => Promise.reject(failure());
    await assert.rejects(retry(work, { seconds: 0 }), { message: 'no' });
    await assert.rejects(retry(work, { signal: AbortSignal.abort() }), { message: 'no' });
  });

  it('leaves alone what would fail again', () => {
    const seen = ['08P01', '57P01', '0A000', 'ECONNRESET', '42P01', '23505', '57014'].map((code) =>
      passes(failure(code)),
    );
    assert.deepEqual(seen, [true, true, true, true, false, false, false]);
  });
});

describe('sockets', () => {
  it('are closed over the drain, and where there are few, sooner', () => {
    assert.equal(pauseOf(3, 120), 250);
    assert.equal(pauseOf(9600, 120), 10);
  });

  it('are pinged after a silence, and ended where nothing comes back', { timeout: 10_000 }, async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    const sockets = new Sockets(0.05);
    server.on('connection', (socket) => {
      sockets.add(socket, { organizationId: 'one', documentId: 'notes' });
    });
    await once(server, 'listening');
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const answering = new WebSocket(url);
    await once(answering, 'ping');
    await once(answering, 'ping');
    const silent = new WebSocket(url, { autoPong: false });
    const [code] = (await once(silent, 'close')) as [number];
    assert.equal(code, 1006);
    assert.equal(answering.readyState, WebSocket.OPEN);
    answering.terminate();
    server.close();
  });
});

describe('settings', () => {
  it('name the variable that is missing', () => {
    assert.throws(() => readSettings({}), /PORT is not set/);
    assert.throws(() => readSettings({ PORT: 'many' }), /PORT is no whole number/);
  });
});
