// A small worker that honours the contract, with the real BullMQ; `--fault NAME` breaks one point.
// Started with `--bull` it takes jobs with Bull instead.
// Started with `--orchestrator` it adds jobs instead, at POST /api/analyses, and does nothing else.
'use strict';
const http = require('node:http');
const { once } = require('node:events');
const Redis = require('ioredis');
const Bull = require('bull');
const { Queue, Worker } = require('bullmq');

const { env } = process;
const faults = new Set(process.argv.filter((_, at, all) => all[at - 1] === '--fault'));
const adds = process.argv.includes('--orchestrator');
const log = (message, facts) => console.log(JSON.stringify({ message, ...facts }));
const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

// All clients were refused at one moment: each waits by chance, and longer each time.
const wait = (times) => Math.random() * Math.min(100 * 2 ** times, 2000);

const connection = new Redis(env.QUEUE_URL, {
  retryStrategy: faults.has('comes-at-once') ? () => 0 : wait,
  maxRetriesPerRequest: null,
  reconnectOnError: (error) => {
    if (faults.has('ends-on-takeover') && /READONLY|UNBLOCKED/.test(error.message)) process.exit(1);
    if (faults.has('gives-up-on-READONLY')) return false;
    return error.message.startsWith('READONLY') ? 2 : false;
  },
});
const cache = new Redis.Cluster([env.CACHE_URL], {
  clusterRetryStrategy: wait,
  redisOptions: { tls: {} },
  dnsLookup: (address, callback) => callback(null, address),
});
const options = { connection, prefix: env.BULLMQ_PREFIX };
for (const each of [connection, cache]) each.on('error', (error) => failed(error));

function failed(error) {
  log('a store is away', { error: error.name });
}

async function work(job) {
  if (faults.has('fails-jobs')) throw new Error('on purpose');
  await sleep(400);
  const name = faults.has('names-at-random') ? Math.random() : job.data.id;
  const key = `${env.CACHE_KEY_PREFIX_AI_RESPONSE}${name}`;
  if (faults.has('leaves-waiting-to-attempts') && cache.status !== 'ready') throw new Error('away');
  await cache.set(key, '{}', 'EX', Number(env.CACHE_TTL_AI_RESPONSE_SECONDS));
  log('job done');
}

// One job at a time over all queues, as WORKER_CONCURRENCY says.
function startWorkers() {
  const concurrency = faults.has('takes-three') ? 3 : Number(env.WORKER_CONCURRENCY);
  return env.QUEUE_NAMES.split(',').map((queue) => {
    const worker = new Worker(queue, work, { ...options, concurrency });
    return worker.on('error', failed);
  });
}

// The same with Bull, which wants connections of its own kind.
function startBull() {
  const createClient = () =>
    new Redis(env.QUEUE_URL, {
      maxRetriesPerRequest: null,
      enableReadyCheck: false,
      retryStrategy: wait,
      reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
    });
  return env.QUEUE_NAMES.split(',').map((name) => {
    const queue = new Bull(name, { prefix: env.BULL_PREFIX, createClient });
    queue.process('*', Number(env.WORKER_CONCURRENCY), work);
    return queue.on('error', failed);
  });
}

const kept = {
  attempts: faults.has('one-attempt') ? 1 : Number(env.JOB_ATTEMPTS),
  backoff: { type: env.JOB_BACKOFF_TYPE, delay: Number(env.JOB_BACKOFF_DELAY_MILLISECONDS) },
  removeOnComplete: { count: Number(env.JOB_KEEP_COMPLETED) },
  removeOnFail: Number(env.JOB_KEEP_FAILED),
  priority: Number(env.JOB_DEFAULT_PRIORITY),
};

// Jobs have an id by what the client sends: whoever got no answer sends it again.
async function addJob(request) {
  const parts = await request.toArray();
  const { id } = JSON.parse(Buffer.concat(parts).toString());
  const jobId = faults.has('names-no-job') ? undefined : `analyse-${id}`;
  const queue = new Queue('analysis', { ...options, defaultJobOptions: kept });
  await queue.on('error', failed).add('analyse', {}, { jobId });
}

async function answer(request, response) {
  if (request.method !== 'POST' || !adds) {
    response.end('ok');
    return;
  }
  const headers = { 'cache-control': env.CACHE_CONTROL_MUTATION };
  try {
    await addJob(request);
    response.writeHead(202, headers).end('{}');
  } catch (error) {
    failed(error);
    const full = error.message.startsWith('OOM');
    if (full && faults.has('forgets-on-OOM')) response.writeHead(202, headers).end('{}');
    else if (full) response.writeHead(503, { ...headers, 'retry-after': '120' }).end('{}');
    else response.writeHead(500, headers).end('{}');
  }
}

async function main() {
  log('starts');
  const bull = process.argv.includes('--bull');
  const workers = adds ? [] : bull ? startBull() : startWorkers();
  const servers = [env.PORT, env.METRICS_PORT].map((port) =>
    http.createServer(answer).listen(Number(port), '127.0.0.1'),
  );
  process.on('SIGTERM', async () => {
    if (faults.has('drops-its-job')) process.exit(0);
    const closed = workers.map((worker) => worker.close());
    await Promise.all([...closed, ...servers.map((server) => once(server.close(), 'close'))]);
    process.exit(0);
  });
}

main();
