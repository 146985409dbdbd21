// Does to a queue what its input says, with the real Bull or BullMQ, and prints what came of it.
// Input, as JSON on stdin: {client, url, prefix, queue, steps: [step]}. A step is one of
//   {add: count, options, bytes}   jobs with these options; stops at the first that is refused
//   {hold: count}                  makes jobs active, as a worker does that is busy with them
//   {work: count, fail}            processes jobs to their end; once at most
// Output: {added, held, worked, refused}; `refused` is the message of a refused job, or null.
'use strict';
const Redis = require('ioredis');

const name = 'process';

async function bullmq({ url, prefix, queue: queueName }) {
  const { Queue, Worker } = require('bullmq');
  const connection = new Redis(url, { maxRetriesPerRequest: null });
  const queue = new Queue(queueName, { connection, prefix });
  return {
    add: (data, options) => queue.add(name, data, options),
    hold: async () => {
      const worker = new Worker(queueName, null, { connection, prefix, autorun: false });
      return worker.getNextJob('held', { block: false });
    },
    work: (count, handle) =>
      new Promise((resolve, reject) => {
        let done = 0;
        const worker = new Worker(queueName, handle, { connection, prefix });
        const one = () => ++done === count && worker.close().then(resolve, reject);
        worker.on('completed', one).on('failed', one).on('error', reject);
      }),
  };
}

async function bull({ url, prefix, queue: queueName }) {
  const Bull = require('bull');
  const options = { maxRetriesPerRequest: null, enableReadyCheck: false };
  const queue = new Bull(queueName, { prefix, createClient: () => new Redis(url, options) });
  await queue.isReady();
  return {
    add: (data, options) => queue.add(name, data, options),
    hold: () => queue.getNextJob(),
    work: (count, handle) =>
      new Promise((resolve, reject) => {
        let done = 0;
        const one = () => ++done === count && resolve();
        queue.on('completed', one).on('failed', one).on('error', reject);
        queue.process(name, handle);
      }),
  };
}

async function run(input) {
  const client = await { bull, bullmq }[input.client](input);
  const result = { added: 0, held: 0, worked: 0, refused: null };
  for (const step of input.steps) {
    for (let turn = 0; turn < (step.add ?? 0) && result.refused === null; turn++) {
      try {
        await client.add({ text: 'x'.repeat(step.bytes ?? 1) }, step.options);
        result.added++;
      } catch (error) {
        result.refused = error.message;
      }
    }
    for (let turn = 0; turn < (step.hold ?? 0); turn++) {
      if (await client.hold()) result.held++;
    }
    if (step.work) {
      await client.work(step.work, async () => {
        if (step.fail) throw new Error('on purpose');
      });
      result.worked += step.work;
    }
  }
  return result;
}

let text = '';
process.stdin.on('data', (part) => (text += part));
process.stdin.on('end', () =>
  run(JSON.parse(text)).then(
    (result) => {
      process.stdout.write(JSON.stringify(result) + '\n', () => process.exit(0));
    },
    (error) => {
      process.stderr.write(`${error.stack}\n`, () => process.exit(1));
    },
  ),
);
