"""The sentences of the application contract, between its tables."""

from __future__ import annotations

OPENING = """\
# Application contract

What the images `orchestrator`, `worker`, `collaboration` and `web` must honour to run on this
infrastructure. This page is generated from the program
(`python -m tools.reference.application_contract > docs/application-contract.md`). An image's
tag or digest stands in `images:` of the stack file; a tag is never moved, since the repositories
refuse it.
"""

PROCESS_RULES = """\
- The process runs as user and group {user}, without capabilities and with a read-only root file
  system. It may write to `{directory}`, {space} MiB at most, which is empty at every start.
- It finds no token of the API server. AWS credentials of orchestrator and worker come through the
  SDK's default chain (EKS Pod Identity).
- Its health paths answer 200 or 503 and say no more: the orchestrator's are reachable from outside.
- It logs to standard output, one JSON object a line, and never a secret or a patient's data.
- It is process 1, or what is passes signals on. While the load balancer takes a pod of a served
  application out, the pod serves on for {pre_stop} s; then comes **SIGTERM**: stop listening, end
  what has begun within `SHUTDOWN_DRAIN_SECONDS`, exit with 0. SIGKILL follows {margin} s later.
- A worker that gets SIGTERM takes no further job and ends the one it holds. A job may be run twice
  all the same, when a machine is lost: jobs must be safe to repeat.
- Any variable or secret that changes replaces the pods; nothing needs to be read twice.
"""

REDIS_RULES = """\
## Redis

- **Cache and queue are two servers with two URLs.** `CACHE_URL` evicts what it likes; jobs and
  sessions belong into `QUEUE_URL` and `SESSION_STORE_URL`, which evict nothing.
- **The cache is a cluster, whatever its size**: the client must follow slots (ioredis:
  `new Redis.Cluster([CACHE_URL], {redisOptions: {tls: {}}, dnsLookup})`; redis-py: `RedisCluster`).
  The queue is none: BullMQ and RQ connect plainly.
- **No `KEYS`**, which every login is refused: it stops a server while it walks all keys, and sees
  one shard of a cluster. To invalidate by pattern, `SCAN` each shard with `MATCH`, on the prefix of
  the kind of entry; only the orchestrator's login may.
- **No command with several keys** (`DEL a b`, `MGET`, `MSET`, transactions and scripts over more
  than one key) unless all keys share a hash tag `{...}`: keys of different slots are refused with
  CROSSSLOT. Delete one by one with `UNLINK`, pipelined.
- Every key begins with its prefix, and every entry has its time to live, both from the variables
  above. Each login is limited to its own prefixes, channels and commands: [queues](queues.md) lists
  them.
- An entry may be missing at any time, and a cache that is away must cost time, not answers.
"""

RETRY_RULES = """\
- **A request** tries again for a few seconds at most, within the {request} s that the edge waits,
  then answers 503 with `Retry-After`. **A job** or a background task goes on for at least
  {database} s: so long a failover of the database may take ({rds} s at RDS, {pooler} s until each
  PgBouncer has the new server); of Redis {redis} s, {replaced} s where the stack has one node. The
  attempts that a job has by default (`JOB_ATTEMPTS`, {attempts}, the first after {delay} ms) end
  within seconds, so the waiting is done inside the job, within `JOB_TIMEOUT_SECONDS`.
- Wait between attempts, from 100 ms on and twice as long each time up to 5 s, each time with a
  random part: all clients were refused at one moment.
- Repeat the whole transaction, on a connection that is new: PgBouncer closes one with every 08P01.
- A write whose answer never came may have been done. Give a row a key that the client chooses
  (`INSERT … ON CONFLICT DO NOTHING`) and a job an id (BullMQ: `jobId`): then it may be repeated
  without looking.
- A statement ends after {statement} s. No `SET` through the pool: it would stay with the server
  connection and meet whoever gets that next; `SET LOCAL` ends with the transaction.
"""

COLLABORATION_RULES = """\
## Collaboration

- Every pod may get any user and any document. A cookie of the load balancer brings a user back to
  the same pod while it lives, which saves work, but correctness must not need it: each edit is
  published on a channel under `COLLABORATION_CHANNEL_PREFIX` at `CACHE_URL`, and every pod applies
  what it hears there. A cluster passes a plain `PUBLISH` to all its nodes. Listen by a document's
  channel, or by the one pattern `COLLABORATION_CHANNEL_PREFIX*`: any other pattern is refused.
- What a channel loses is gone: documents are saved in `DATABASE_URL`, and a pod that opens one
  reads it from there.
- A ping goes out after {ping} s of silence.
- On SIGTERM the server closes its sockets with 1012 (service restart), spread over the
  {drain} s of its drain; clients come back at once, with a random delay of some seconds.
- The sessions in `SESSION_STORE_URL` say who a user is; the server only reads them.
"""

MIGRATION_RULES = """\
## Migrations

- Before a rollout, the orchestrator's image runs as a Job with the command of `migrations.command`
  (`{command}` unless set; an empty list where there are none). Its name changes with image and
  command, so that each version runs once; pods of the new version start when it has ended with 0
  and every pooler has opened new connections (`pooler-reconnect-…`). When it fails, the deployment
  fails and the old pods run on; the next one makes the Job anew, with the same image too.
- Until then pods of the old version may be told `0A000 cached plan must not change result type` for
  a prepared statement on a table that the migration has changed, new clients included: PgBouncer
  hands its own prepared statement to whoever sends the same text. They repeat the transaction
  (above). `SELECT` with named columns instead of `*` meets it on changed columns alone.
- `DATABASE_URL` and `SYSTEM_DATABASE_URL` are there direct: the server itself, not PgBouncer, and
  the login is `{login}`, which owns the tables. Where Citus serves, the former is its
  coordinator.
- Pods of the old version run while the new tables are already there: change in two steps, first
  add, and a release later remove.
- The command may run again, and after a rollback the older image's runs on newer tables: what has
  been applied is left alone, and versions that it doesn't know are no error.
- Citus distributes a new table within ten minutes after a migration made it, but between 02:00 and
  04:00 UTC, when it is backed up; see
  [sharding](sharding.md) for what tables must look like.
"""

WORKFLOW_RULES = """\
## Workflows

Where a stack has `workflows.enabled`:

- The orchestrator's image runs once more as `workflow-worker`, with the orchestrator's variables,
  those of Temporal, and `SERVICE_ROLE={role}`: then it answers probes and metrics alone, and takes
  workflow and activity tasks of `TEMPORAL_TASK_QUEUE`.
- Temporal's SDKs read `TEMPORAL_*` by themselves (environment configuration). The server refuses
  whoever shows no certificate.
- Every activity is given the time-out and the attempts of the two `WORKFLOW_` variables. It may run
  twice, so it must do no harm the second time.
- On SIGTERM the worker polls no more and has {drain} s for the activities it holds; what is cut off
  Temporal hands to another pod after the time-out.
"""
