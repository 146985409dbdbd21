import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { Doc, applyUpdate } from 'yjs';
import { quietConsole } from '../src/log.js';
import { Running, textOf, until, write } from './running.js';
import { Bus, MemoryStore } from './stores.js';

quietConsole();

describe('two processes', { timeout: 30_000 }, () => {
  let bus: Bus, store: MemoryStore, one: Running, other: Running;

  beforeEach(async () => {
    bus = new Bus();
    store = new MemoryStore();
    one = await new Running(bus, store).listen();
    other = await new Running(bus, store).listen();
  });
  afterEach(async () => {
    store.away = false;
    await Promise.all([one.stop(), other.stop()]);
  });

  const opened = async (running: Running, session: string, document: string) => {
    const client = running.edit(session, document);
    await until(client, () => client.isSynced);
    return client;
  };

  it('pass an edit on by one message', async () => {
    const writer = await opened(one, 'ann', 'notes');
    const reader = await opened(other, 'ann', 'notes');
    const before = bus.edits;
    write(writer, 'hello');
    await until(reader, () => textOf(reader) === 'hello');
    write(reader, 'oh, ');
    await until(writer, () => textOf(writer) === 'oh, hello');
    assert.equal(bus.edits - before, 2);
  });

  it('tell whoever opens a document what is not saved yet', async () => {
    const writer = await opened(one, 'ann', 'notes');
    write(writer, 'hello');
    await until(writer, () => !writer.hasUnsyncedChanges);
    const reader = await opened(other, 'ann', 'notes');
    await until(reader, () => textOf(reader) === 'hello');
  });

  it('say what they could not while the cache was away', async () => {
    const writer = await opened(one, 'ann', 'notes');
    const reader = await opened(other, 'ann', 'notes');
    write(writer, 'hello, you');
    await until(reader, () => textOf(reader) === 'hello, you');
    bus.away();
    writer.document.getText('text').delete(5, 5);
    write(reader, 'oh, ');
    await until(writer, () => !writer.hasUnsyncedChanges);
    await until(reader, () => !reader.hasUnsyncedChanges);
    bus.back();
    await until(reader, () => textOf(reader) === 'oh, hello');
    await until(writer, () => textOf(writer) === 'oh, hello');
  });

  it('say what was refused with the next edit', async () => {
    const writer = await opened(one, 'ann', 'notes');
    const reader = await opened(other, 'ann', 'notes');
    bus.refuses = true;
    write(writer, 'you');
    await until(writer, () => !writer.hasUnsyncedChanges);
    bus.refuses = false;
    write(writer, 'hello, ');
    await until(reader, () => textOf(reader) === 'hello, you');
  });

  it('say who is there by the session, whatever he says himself', async () => {
    const writer = await opened(one, 'ann', 'notes');
    const reader = await opened(other, 'ann', 'notes');
    writer.setAwarenessField('user', { name: 'Ann' });
    writer.setAwarenessField('userId', 'somebody-else');
    const seen = () => reader.awareness?.getStates().get(writer.document.clientID);
    await until(reader, () => seen()?.user !== undefined);
    assert.deepEqual(seen(), { user: { name: 'Ann' }, userId: 'ann' });
    writer.configuration.websocketProvider.disconnect();
    await until(reader, () => seen() === undefined);
  });

  it('keep documents of one name in two organizations apart', async () => {
    const ann = await opened(one, 'ann', 'notes');
    const eve = await opened(one, 'eve', 'notes');
    const own = await opened(other, 'eve', 'notes');
    write(ann, 'of Ann');
    write(eve, 'of Eve');
    await until(own, () => textOf(own) !== '');
    assert.equal(textOf(own), 'of Eve');
  });

  it('leave what the other has saved in the document', async () => {
    const writer = await opened(one, 'ann', 'notes');
    const reader = await opened(other, 'ann', 'notes');
    bus.away();
    write(writer, 'one');
    write(reader, 'other');
    await until(writer, () => !writer.hasUnsyncedChanges);
    await until(reader, () => !reader.hasUnsyncedChanges);
    await Promise.all([one.stop(), other.stop()]);
    const saved = new Doc();
    const key = { organizationId: '11111111-1111-4111-8111-111111111111', documentId: 'notes' };
    applyUpdate(saved, (await store.load(key)) ?? new Uint8Array());
    assert.match(saved.getText('text').toJSON(), /^(oneother|otherone)$/);
  });
});

describe('one process', { timeout: 30_000 }, () => {
  let store: MemoryStore, running: Running;

  beforeEach(async () => {
    store = new MemoryStore();
    running = await new Running(new Bus(), store).listen();
  });
  afterEach(async () => {
    store.away = false;
    await running.stop();
  });

  const connect = (path: string, session?: string) =>
    new WebSocket(`ws://${running.address}${path}`, {
      headers: session ? { authorization: `Bearer ${session}` } : {},
    });

  for (const [path, session, status] of [
    ['/collab/notes', undefined, 401],
    ['/collab/notes', 'nobody', 401],
    ['/collab/no/such', 'ann', 404],
    ['/elsewhere', 'ann', 404],
  ] as const) {
    it(`answers ${status} to a socket at ${path} of ${session ?? 'no session'}`, async () => {
      const [, answer] = (await once(connect(path, session), 'unexpected-response')) as [
        unknown,
        { statusCode: number },
      ];
      assert.equal(answer.statusCode, status);
    });
  }

  it('refuses another document than that of the path', async () => {
    const client = running.edit('ann', 'notes', 'others');
    await new Promise((resolve) => {
      client.on('authenticationFailed', resolve);
    });
  });

  it('goes on when somebody sends what is no message', async () => {
    const socket = connect('/collab/notes', 'ann');
    await once(socket, 'open');
    const messages = ['', 'hello', '\x05notes', '\x05notes\x02\x00\x00', '\x05notes\x00\x07\x01', '\xff\xff'];
    for (const each of messages) socket.send(Buffer.from(each, 'latin1'));
    const client = running.edit('ann', 'notes');
    await until(client, () => client.isSynced);
    socket.terminate();
  });

  it('has whoever opens a document come again later while the database is away', async () => {
    store.away = true;
    const socket = connect('/collab/notes', 'ann');
    await once(socket, 'open');
    // The document's name, the kind of a token, and that it is empty.
    socket.send(Buffer.from('\x05notes\x02\x00\x00'));
    const [code] = (await once(socket, 'close')) as [number];
    assert.equal(code, 1013);
  });

  it('answers with what is saved, and counts by the pattern', async () => {
    const writer = running.edit('ann', 'patient-7');
    await until(writer, () => writer.isSynced);
    write(writer, 'hello');
    await until(writer, () => !writer.hasUnsyncedChanges);
    writer.configuration.websocketProvider.destroy();
    assert.ok(await running.rooms.flush(5));
    const url = `http://${running.address}/collab/patient-7`;
    const answer = await fetch(url, { headers: { authorization: 'Bearer ann' } });
    const saved = new Doc();
    applyUpdate(saved, new Uint8Array(await answer.arrayBuffer()));
    assert.equal(saved.getText('text').toJSON(), 'hello');
    const metrics = await running.metrics.registry.metrics();
    assert.match(metrics, /http_requests_total\{method="GET",route="\/collab\/:document",status="200"\} 1/);
    assert.doesNotMatch(metrics, /patient-7/);
  });

  it('closes its sockets with 1012 at its end, and saves', async () => {
    const socket = connect('/collab/notes', 'ann');
    await once(socket, 'open');
    const closed = once(socket, 'close') as Promise<[number]>;
    await running.sockets.drain(1);
    assert.equal((await closed)[0], 1012);
  });
});
