import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as Y from 'yjs';
import { analysisOf, unknownYet } from '../page/analyses.js';
import { ApiError, ask, waitOf } from '../page/api.js';
import { difference, moved, type Delta } from '../page/difference.js';
import { patientsOf, sourceOf } from '../page/patients.js';
import { COMES_BACK_MILLISECONDS, othersOf } from '../page/shared-document.js';

describe('what is typed', () => {
  for (const [before, after] of [
    ['', 'hello'],
    ['hello', ''],
    ['hello', 'help'],
    ['aaa', 'aa'],
    ['one two', 'one and two'],
    ['same', 'same'],
    ['a😀b', 'a😁b'],
    ['😀', '😀😀'],
    ['x\u{1F600}', 'x\u{1FA00}'],
    ['x\u{1F600}y', 'x\u{2F600}y'],
  ] as const) {
    it(`makes ${JSON.stringify(after)} of ${JSON.stringify(before)} in the document`, () => {
      const text = new Y.Doc().getText('text');
      text.insert(0, before);
      const { at, deleted, inserted } = difference(before, after);
      text.delete(at, deleted);
      text.insert(at, inserted);
      const copy = new Y.Doc();
      Y.applyUpdate(copy, Y.encodeStateAsUpdate(text.doc ?? copy));
      assert.equal(copy.getText('text').toJSON(), after);
    });
  }

  it('changes no more than it must', () => {
    assert.deepEqual(difference('one two', 'one and two'), { at: 4, deleted: 0, inserted: 'and ' });
  });
});

describe('the cursor', () => {
  /** Where it stands, as `|` in a text, before and after somebody else's change. */
  for (const [text, change, after] of [
    ['he|llo', [{ insert: 'oh ' }], 'oh he|llo'],
    ['he|llo', [{ retain: 4 }, { insert: 'X' }], 'he|llXo'],
    ['he|llo', [{ retain: 2 }, { insert: 'X' }], 'he|Xllo'],
    ['hell|o', [{ delete: 2 }], 'll|o'],
    ['hell|o', [{ retain: 2 }, { delete: 3 }], 'he|'],
    ['hello|', [{ retain: 1 }, { delete: 1 }, { retain: 1 }, { insert: 'XY' }], 'hlXYlo|'],
  ] as [string, Delta, string][]) {
    it(`of ${text} stands in ${after} then`, () => {
      const doc = new Y.Doc();
      const shared = doc.getText('text');
      shared.insert(0, text.replace('|', ''));
      shared.applyDelta(change);
      const at = moved(text.indexOf('|'), change);
      assert.equal(`${shared.toJSON().slice(0, at)}|${shared.toJSON().slice(at)}`, after);
    });
  }
});

describe('asking', () => {
  const answering = (...answers: (Response | Error)[]) => {
    const slept: number[] = [];
    const way = {
      fetch: () => {
        const next = answers.shift() ?? new Error('asked too often');
        return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
      },
      sleep: (milliseconds: number) => Promise.resolve(slept.push(milliseconds)),
    };
    return { way, slept };
  };

  it('goes on after 503 and after a broken connection', async () => {
    const refused = new Response('', { status: 503, headers: { 'retry-after': '2' } });
    const good = new Response('{"id": "a"}', { status: 202, headers: { 'x-cache': 'hit' } });
    const { way, slept } = answering(refused, new TypeError('no network'), good);
    const { body, cache } = await ask('POST', '/api/analyses', {}, way);
    assert.deepEqual([body, cache], [{ id: 'a' }, 'hit']);
    assert.ok((slept[0] ?? 0) >= 2000 && (slept[1] ?? 0) < 1000);
  });

  for (const [status, body, message] of [
    [401, '', 'You are not signed in.'],
    [400, '{"error": "no such patient"}', 'Refused: no such patient'],
    [500, 'no JSON', 'The service answered 500.'],
  ] as const) {
    it(`ends with ${status}`, async () => {
      const { way } = answering(new Response(body, { status }));
      await assert.rejects(ask('GET', '/api/patients', undefined, way), new ApiError(message, status));
    });
  }

  it('gives up in the end', async () => {
    const { way, slept } = answering();
    await assert.rejects(ask('GET', '/api/patients', undefined, way), ApiError);
    assert.equal(slept.length, 5);
  });

  it('waits no longer than it may', () => {
    assert.ok(waitOf(20, '3600') <= 10_000);
  });
});

describe('what the orchestrator says', () => {
  it('is a list of patients', () => {
    const found = patientsOf([{ id: 'p1', name: 'Ann' }, { id: 7 }, null]);
    assert.deepEqual(found, [{ id: 'p1', name: 'Ann' }]);
    assert.deepEqual(patientsOf({}), []);
  });

  it('may be nothing for a while, of an analysis that was just started', () => {
    const missing = new ApiError('no', 404);
    assert.equal(unknownYet(missing, 1), undefined);
    assert.throws(() => unknownYet(missing, 1000), missing);
    assert.throws(() => unknownYet(new ApiError('no', 401), 1), ApiError);
  });

  it('came from the cache or from the database', () => {
    assert.equal(sourceOf('hit'), 'the cache');
    assert.match(sourceOf('miss'), /replica/);
    assert.equal(sourceOf(null), 'unknown');
  });

  it('is the state of an analysis', () => {
    const running = { id: 'a', state: 'running', progress: 10, result: null };
    assert.deepEqual(analysisOf(running), { id: 'a', state: 'running', progress: 10 });
    assert.equal(analysisOf({ id: 'a', state: 'completed' })?.progress, 100);
    assert.equal(analysisOf({ id: 'a', state: 'lost' }), undefined);
  });
});

describe('a client that was told of a restart', () => {
  it('comes back after a whole number of milliseconds, as its library demands', () => {
    assert.ok(Number.isInteger(COMES_BACK_MILLISECONDS) && COMES_BACK_MILLISECONDS >= 1000);
  });
});

describe('who else is there', () => {
  it('has a name, or at least an id, and is not oneself', () => {
    const states = new Map<number, Record<string, unknown>>([
      [1, { user: { name: 'Me' }, userId: 'me' }],
      [2, { user: { name: 'Zoe' }, userId: 'z' }],
      [3, { user: { name: '' }, userId: 'eve' }],
      [4, {}],
    ]);
    assert.deepEqual(othersOf(states, 1), ['eve', 'somebody', 'Zoe']);
  });
});
