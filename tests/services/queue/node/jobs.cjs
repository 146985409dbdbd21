// Does to a queue what its input says, with the real Bull or BullMQ, and prints what came of it.
// Input, as JSON on stdin: {client, url, prefix, queue, steps: [step]}. A step is one of
//   {add: count, options, bytes}   jobs with these options; stops at the first that is refused
//   {hold: count}                  makes jobs active, as a worker does that is busy with them
//   {work: count, fail}            processes jobs to their end; once at most
//   {listen: [event]}              has the library announce these events of any process
//   {hear: [event]}                waits until each of those listened to was announced
//   {pause: true}, {resume: true}  the queue, for every worker
//   {stalled: true}                looks for stalled jobs, as a worker does now and then
//   {family: queue}                BullMQ only: a job with a child in that queue
// Output: {added, held, worked, refused}; `refused` is the message of a refused job, or null.
'use strict';
const { EventEmitter, once } = require('node:events');
const Redis = require('ioredis');

const name = 'process';

async function bullmq({ url, prefix, queue: queueName }) {
  const { FlowProducer, Queue, QueueEvents, Worker } = require('bullmq');
  const connect = () => new Redis(url, { maxRetriesPerRequest: null });
  const connection = connect();
  const queue = new Queue(queueName, { connection, prefix });
  return {
    add: (data, options) => queue.add(name, data, options),
    pause: () => queue.pause(),
    resume: () => queue.resume(),
    stalled: () => {
      const worker = new Worker(queueName, null, { connection, prefix, autorun: false });
      return worker.moveStalledJobsToWait();
    },
    family: (childQueue) => {
      const flow = new FlowProducer({ connection, prefix });
      return flow.add({ name, queueName, children: [{ name, queueName: childQueue }] });
    },
    listen: async (events, announce) => {
      // On a connection of its own, because it blocks in its reads, and from the first event on.
      const options = { connection: connect(), prefix, lastEventId: '0' };
      const source = new QueueEvents(queueName, options);
      events.forEach((event) => source.on(event, () => announce(event)));
      await source.waitUntilReady();
    },
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
    pause: () => queue.pause(),
    resume: () => queue.resume(),
    stalled: () => queue.moveUnlockedJobsToWait(),
    listen: async (events, announce) => {
      for (const event of events) {
        // Bull says so once Redis has taken the subscription.
        const taken = once(queue, `registered:global:${event}`);
        queue.on(`global:${event}`, () => announce(event));
        await taken;
      }
    },
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
  const bus = new EventEmitter();
  const heard = new Set();
  const announce = (event) => heard.add(event) && bus.emit(event);
  for (const step of input.steps) {
    if (step.listen) await client.listen(step.listen, announce);
    if (step.pause) await client.pause();
    if (step.resume) await client.resume();
    if (step.stalled) await client.stalled();
    if (step.family) await client.family(step.family);
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
    await Promise.all((step.hear ?? []).map((event) => heard.has(event) || once(bus, event)));
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
