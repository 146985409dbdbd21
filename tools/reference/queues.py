"""Writes the tables of `docs/queues.md`: the keys of each library, and who may use which.

`python -m tools.reference.queues` prints them; a test looks for them in the committed file.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from rendering.queue.keys import JobState, queue_keys
from rendering.redis.access import EXPORTER, SCALER, RedisUser, cache_users, queue_users
from scaleplan.model import load_plan
from scaleplan.sizes import QueueClient, QueueSettings
from tools.reference.markdown import table

COMMANDS = {
    "list": "`LLEN`",
    "zset": "`ZCARD`",
    "set": "`SCARD`",
}
"""What counts the entries of a key, by its kind."""

_ALL_KEYS_OF = {
    SCALER: "the waiting and running keys above, one by one",
    EXPORTER: "all keys above, one by one, those of single jobs, and marks of a pause",
}
"""Instead of the list, where it is long."""

ALL_CLIENTS = QueueSettings(node_class="cache.m7g.large", nodes=2, clients=tuple(QueueClient))


def keys_table() -> str:
    """Every key of the plan's first queue, with all libraries on one Redis; others are alike."""
    asked = {JobState.WAITING: "by ten", JobState.RUNNING: "by one"}
    rows = [
        (
            key.client,
            f"`{key.key}`",
            key.state,
            COMMANDS[key.kind],
            key.meaning,
            asked.get(key.state, "no"),
        )
        for key in queue_keys(load_plan().queue.names[:1], ALL_CLIENTS)
    ]
    head = ("library", "key", "jobs", "counted by", "what it holds", "scales the workers")
    return table(head, sorted(rows, key=lambda row: row[0]))


def access_table() -> str:
    """The logins and their access strings, of both Redis."""
    queue = queue_users(load_plan().queue.names, ALL_CLIENTS, scaled_by_keda=True)
    rows = [*_logins("cache", cache_users()), *_logins("queue", queue)]
    return table(("Redis", "login", "keys", "channels", "commands"), rows)


def _logins(layer: str, users: Iterable[RedisUser]) -> Iterable[tuple[str, ...]]:
    for user in users:
        words = user.access.split()
        keys = [word[1:] for word in words if word.startswith("~")]
        channels = dict.fromkeys(_of_any_queue(word[1:]) for word in words if word.startswith("&"))
        commands = [word for word in words if word[0] in "+-"]
        described = keys if len(keys) < 9 else [_ALL_KEYS_OF[user.name]]
        yield (
            layer,
            user.name,
            ", ".join(f"`{key}`" for key in described) if described is keys else described[0],
            ", ".join(f"`{channel}`" for channel in channels) or "none",
            f"<code>{' '.join(commands)}</code>",
        )


def _of_any_queue(channel: str) -> str:
    """The channel with no queue's name in it: all queues have the same."""
    queues = load_plan().queue.names
    return ":".join("<queue>" if part in queues else part for part in channel.split(":"))


def main() -> None:
    """Print both tables."""
    sys.stdout.write(f"{keys_table()}\n{access_table()}")


if __name__ == "__main__":
    main()
