import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { closed } from '../server/closing.js';
import { createService } from '../server/http.js';
import { Metrics } from '../server/metrics.js';
import { Pages } from '../server/pages.js';
import { readSettings } from '../server/settings.js';

const FOREVER = 'public, max-age=31536000, immutable';

describe('the server of the page', { timeout: 20_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'page-'));
  let server: Server, metrics: Metrics, address: string;

  before(() => {
    mkdirSync(join(folder, 'assets'));
    writeFileSync(join(folder, 'index.html'), '<!doctype html>');
    writeFileSync(join(folder, 'assets', 'index-abc.js'), 'run()');
  });
  beforeEach(async () => {
    metrics = new Metrics();
    server = createService(new Pages(folder), metrics, 60).listen(0, '127.0.0.1');
    await once(server, 'listening');
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  for (const [path, status, type, cache] of [
    ['/', 200, 'text/html; charset=utf-8', 'no-cache'],
    ['/patients/patient-7?tab=1', 200, 'text/html; charset=utf-8', 'no-cache'],
    ['/assets/index-abc.js', 200, 'text/javascript; charset=utf-8', FOREVER],
    ['/assets/index-old.js', 404, null, 'no-cache'],
    ['/../package.json', 404, null, 'no-cache'],
    ['/assets/%2e%2e/server.js', 404, null, 'no-cache'],
  ] as const) {
    it(`answers ${status} to ${path}`, async () => {
      const answer = await fetch(address + path);
      const { headers } = answer;
      assert.deepEqual(
        [answer.status, headers.get('content-type'), headers.get('cache-control')],
        [status, type, cache],
      );
    });
  }

  it('sends nothing again that has not changed, and no body where none is asked for', async () => {
    const first = await fetch(address);
    const etag = first.headers.get('etag') ?? '';
    const again = await fetch(address, { headers: { 'if-none-match': etag } });
    assert.equal(again.status, 304);
    const head = await fetch(address, { method: 'HEAD' });
    assert.deepEqual([head.headers.get('content-length'), await head.text()], ['15', '']);
    assert.equal((await fetch(address, { method: 'POST' })).status, 405);
  });

  it('counts each request by the pattern of its path', async () => {
    await (await fetch(`${address}/patients/patient-7`)).text();
    await (await fetch(`${address}/health/ready`)).text();
    const said = await metrics.registry.metrics();
    assert.match(said, /http_requests_total\{method="GET",route="page",status="200"\} 1/);
    assert.match(said, /_bucket\{le="2",/);
    assert.doesNotMatch(said, /patient-7|health/);
  });

  it('ends though a client keeps its connection', async () => {
    const agent = new Agent({ keepAlive: true });
    const [answer] = (await once(get(address, { agent }), 'response')) as [IncomingMessage];
    answer.resume();
    await once(answer, 'end');
    await closed(server, 60);
    agent.destroy();
  });
});

describe('settings', () => {
  it('name the variable that is missing', () => {
    assert.throws(() => readSettings({ PORT: '' }), /PORT is no whole number/);
  });
});
