// Holds as many real consumers of Bull or BullMQ as it is told, and says on stdout what they do.
// Its argument is a JSON file of Setup (consumers.py); that one's `wanted` is a file too, which is
// read anew again and again: {consumers: [name], seconds: [number]}. Each consumer takes one job at
// a time, by waiting for the job's seconds; told to go, it ends the one it has. Jobs of `seconds`
// are added as soon as there are any, once.
'use strict';
const fs = require('node:fs');
const Redis = require('ioredis');

const LOOK_MILLISECONDS = 200;
const setup = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const say = (said) => process.stdout.write(`${JSON.stringify(said)}\n`);
const connect = (url) => () => new Redis(url, { maxRetriesPerRequest: null, enableReadyCheck: false });
const fail = (error) => {
  process.stderr.write(`${error.stack}\n`, () => process.exit(1));
};

async function work(consumer, { data, timestamp }) {
  const { number, seconds } = data;
  const started = Date.now();
  say({ consumer, number, started: started / 1000 });
  await sleep(seconds * 1000);
  const ended = Date.now();
  say({ consumer, number, seconds, added: timestamp / 1000, started: started / 1000, ended: ended / 1000 });
}

const libraries = {
  bullmq() {
    const { Queue, Worker } = require('bullmq');
    const options = (url) => ({ connection: connect(url)(), prefix: setup.prefix });
    return {
      begin(consumer) {
        const handle = (job) => work(consumer, job);
        return new Worker(setup.queue, handle, { ...options(setup.workerUrl), concurrency: 1 });
      },
      producer: () => new Queue(setup.queue, options(setup.producerUrl)),
    };
  },
  bull() {
    const Bull = require('bull');
    const open = (url) => new Bull(setup.queue, { prefix: setup.prefix, createClient: connect(url) });
    return {
      begin(consumer) {
        const queue = open(setup.workerUrl);
        queue.process(setup.job, 1, (job) => work(consumer, job)).catch(fail);
        return queue;
      },
      producer: () => open(setup.producerUrl),
    };
  },
};

async function follow(library) {
  const open = new Map();
  let added = false;
  for (;;) {
    const { consumers, seconds } = JSON.parse(fs.readFileSync(setup.wanted, 'utf8'));
    for (const name of consumers.filter((each) => !open.has(each))) {
      open.set(name, library.begin(name).on('error', fail));
    }
    for (const name of [...open.keys()].filter((each) => !consumers.includes(each))) {
      open.get(name).close().catch(fail);
      open.delete(name);
    }
    if (seconds.length && !added) {
      added = true;
      const opts = { priority: setup.priority };
      const jobs = seconds.map((each, number) => ({ name: setup.job, data: { number, seconds: each }, opts }));
      await library.producer().addBulk(jobs);
    }
    await sleep(LOOK_MILLISECONDS);
  }
}

process.on('SIGTERM', () => process.exit(0));
follow(libraries[setup.client]()).catch(fail);
