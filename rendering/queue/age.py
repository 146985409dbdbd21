"""How long the oldest job of each queue has waited, and whether it is paused: a script that
redis_exporter runs.

redis_exporter 1.88 runs it by EVAL_RO with no key and one argument, reads a list of keys and values
as texts, and shows each as `redis_script_values{key}` (exporter/lua.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rendering.queue.keys import JobState, pause_mark, prefix_of, queue_keys
from scaleplan.sizes import QueueClient, QueueSettings

SCRIPT_FILE = "oldest-job.lua"

PAUSED = "paused:"
"""How the names of the marks begin, whose value is 1 or 0; those of ages begin with the library."""

JOBS_LOOKED_AT = 100
"""Of each key, from the end that is taken next: time in Redis stays bounded. Behind so many others
a job may be older still; the depth of the queue tells of that."""

_HEAD = """\
local now = redis.call('TIME')
now = now[1] + now[2] / 1000000
local oldest = {}
local paused = {}

local function seen(name, since)
  if since and now - since > oldest[name] then oldest[name] = now - since end
end

-- 2026-01-31T12:00:00.123456Z as seconds since 1970 (days from civil, H. Hinnant).
local function seconds(text)
  local form = '^(%d+)-(%d+)-(%d+)T(%d+):(%d+):([%d.]+)'
  local y, m, d, hour, min, sec = string.match(text or '', form)
  if not y then return nil end
  y, m, d = tonumber(y), tonumber(m), tonumber(d)
  if m <= 2 then y = y - 1 end
  local era = math.floor(y / 400)
  local year = y - era * 400
  local day = math.floor((153 * ((m + 9) % 12) + 2) / 5) + d - 1
  local days = era * 146097 + year * 365 + math.floor(year / 4) - math.floor(year / 100) + day
  return (days - 719468) * 86400 + hour * 3600 + min * 60 + tonumber(sec)
end

local function look(name, ids, hash, field, read)
  for _, id in ipairs(ids) do
    seen(name, read(redis.call('HGET', hash .. id, field)))
  end
end

-- Bull and BullMQ write milliseconds since 1970, RQ a date.
local function milliseconds(text)
  return tonumber(text) and tonumber(text) / 1000
end
"""

_TAIL = """
local result = {}
for name, age in pairs(oldest) do
  table.insert(result, name)
  table.insert(result, string.format('%.3f', age))
end
for name, mark in pairs(paused) do
  table.insert(result, name)
  table.insert(result, mark and '1' or '0')
end
return result
"""


def oldest_job_script(queues: Sequence[str], jobs: QueueSettings) -> str:
    """The script for these queues on the keys of the stack's clients; an empty queue is zero.

    A paused queue's jobs wait like others. Whether it is paused is said where its jobs don't move.
    """
    lines = list(_pause_lines(queues, jobs))
    for key in queue_keys(queues, jobs):
        if key.state not in {JobState.WAITING, JobState.PAUSED}:
            continue
        name = f"{key.client}:{key.queue}"
        zero = f"oldest['{name}'] = 0"
        if zero not in lines:
            lines.append(zero)
        prefix = prefix_of(key.client, jobs)
        if key.client is QueueClient.RQ:
            ids = f"redis.call('LRANGE', '{key.key}', 0, {JOBS_LOOKED_AT - 1})"
            lines.append(f"look('{name}', {ids}, '{prefix}:job:', 'enqueued_at', seconds)")
            continue
        if key.kind == "zset":
            ids = f"redis.call('ZRANGE', '{key.key}', 0, {JOBS_LOOKED_AT - 1})"
        else:
            # The last of a list is taken next.
            ids = f"redis.call('LRANGE', '{key.key}', -{JOBS_LOOKED_AT}, -1)"
        hashes = f"{prefix}:{key.queue}:"
        lines.append(f"look('{name}', {ids}, '{hashes}', 'timestamp', milliseconds)")
    return _HEAD + "\n" + "\n".join(lines) + "\n" + _TAIL


def _pause_lines(queues: Sequence[str], jobs: QueueSettings) -> Iterable[str]:
    for queue in queues:
        for client in jobs.clients:
            mark = pause_mark(client, queue, jobs)
            if mark is None:
                continue
            is_there = (
                f"redis.call('HGET', '{mark.key}', '{mark.field}') ~= false"
                if mark.field
                else f"redis.call('TYPE', '{mark.key}').ok ~= 'none'"
            )
            yield f"paused['{PAUSED}{client}:{queue}'] = {is_there}"


def script_key_patterns(queues: Sequence[str], jobs: QueueSettings) -> list[str]:
    """What the script reads beside the lists themselves: the jobs' own hashes, marks of a pause."""
    patterns: list[str] = []
    for client in jobs.clients:
        prefix = prefix_of(client, jobs)
        if client is QueueClient.RQ:
            patterns += [f"{prefix}:job:*", f"{prefix}:suspended"]
        else:
            patterns += [f"{prefix}:{queue}:*" for queue in queues]
    return patterns
