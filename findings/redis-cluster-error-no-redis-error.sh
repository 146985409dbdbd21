#!/usr/bin/env bash
# redis-py 8.1.0: what a cluster client raises when no node answers is no RedisError.
# Guess: `except redis.RedisError` catches it, as it does the ConnectionError of the plain client.
# Seen: RedisClusterException derives from Exception alone, so a cache that is away gets past that handler.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check redis==8.1.0
"$folder/venv/bin/python" - <<'PY'
import socket

import redis

# A port that nobody listens on.
with socket.socket() as taken:
    taken.bind(("127.0.0.1", 0))
    port = taken.getsockname()[1]


def raised(ask):
    try:
        ask()
    except Exception as error:
        return type(error).__name__, isinstance(error, redis.RedisError)
    return None


seen = [
    raised(lambda: redis.Redis(host="127.0.0.1", port=port).get("key")),
    raised(lambda: redis.RedisCluster(host="127.0.0.1", port=port).get("key")),
]
print(*seen)
assert seen == [("ConnectionError", True), ("RedisClusterException", False)], seen
PY
