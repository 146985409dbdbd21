"""A small collaboration server that honours the contract; with `--fault NAME` it breaks a point.

WebSockets by hand (RFC 6455), short unfragmented messages alone, which go out as binary ones;
redis-py hears what others publish.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import json
import os
import random
import signal
import sys
import threading
import time
from contextlib import suppress

import prometheus_client
import psycopg
import redis
from redis.exceptions import RedisClusterException

ENV = os.environ
CACHE_ERRORS = (redis.RedisError, RedisClusterException, OSError)
SEEN_SECONDS = 1.0
MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE, PING = 1, 2, 8, 9


def log(message: str, **facts: object) -> None:
    sys.stdout.write(json.dumps({"message": message, **facts}) + "\n")
    sys.stdout.flush()


class Server:
    def __init__(self, faults: frozenset[str]) -> None:
        self.faults = faults
        self.sockets: dict[asyncio.StreamWriter, str] = {}
        self.stopping = asyncio.Event()
        self.loop = asyncio.get_running_loop()
        self.database_seen = 0.0
        labels = ["method", "route", "status"]
        self.requests = prometheus_client.Counter("http_requests_total", "Requests.", labels)
        self.seconds = prometheus_client.Histogram(
            "http_request_duration_seconds", "Time.", labels, buckets=(1, 2, 5)
        )

    def cache(self) -> redis.RedisCluster:
        return redis.RedisCluster.from_url(
            ENV["CACHE_URL"],
            ssl_ca_certs=ENV["NODE_EXTRA_CA_CERTS"],
            socket_timeout=1,
            socket_connect_timeout=1,
        )

    def watch_database(self) -> None:
        connection, wait = None, 0.2
        while not self.stopping.is_set():
            try:
                connection = connection or psycopg.connect(ENV["DATABASE_URL"], autocommit=True)
                connection.execute("select 1")
                self.database_seen, wait = time.monotonic(), 0.2
            except psycopg.Error:
                connection, wait = None, min(wait * (1 + random.random()), 1)
            time.sleep(wait)

    def listen(self) -> None:
        """What other processes publish goes to our own sockets."""
        wait = 0.1
        while not self.stopping.is_set():
            with suppress(*CACHE_ERRORS), self.cache() as cache, cache.pubsub() as heard:
                heard.psubscribe(f"{ENV['COLLABORATION_CHANNEL_PREFIX']}*")
                wait = 0.1
                while not self.stopping.is_set():
                    if (said := heard.get_message(timeout=0.2)) and said["type"] == "pmessage":
                        self.loop.call_soon_threadsafe(self.pass_on, said)
            time.sleep(wait * random.random())
            wait = min(wait * 2, 1)

    def pass_on(self, said: dict[str, bytes]) -> None:
        document = said["channel"].decode().removeprefix(ENV["COLLABORATION_CHANNEL_PREFIX"])
        for writer, own in self.sockets.items():
            if own == document:
                writer.write(frame(BINARY, said["data"]))

    def publish(self, document: str, edit: bytes) -> None:
        with suppress(*CACHE_ERRORS), self.cache() as cache:
            cache.publish(ENV["COLLABORATION_CHANNEL_PREFIX"] + document, edit)

    def save(self, document: str, edit: bytes) -> None:
        if "saves-nothing" not in self.faults:
            with psycopg.connect(ENV["DATABASE_URL"]) as connection:
                connection.execute("insert into edits values (%s, %s)", [document, edit])

    def saved(self, document: str) -> list[bytes]:
        with psycopg.connect(ENV["DATABASE_URL"]) as connection:
            select = "select content from edits where document = %s"
            return [content for (content,) in connection.execute(select, [document])]

    async def ping(self) -> None:
        while "pings-nobody" not in self.faults:
            await asyncio.sleep(int(ENV["COLLABORATION_PING_SECONDS"]))
            for writer in self.sockets:
                writer.write(frame(PING, b""))

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while await self.one(reader, writer):
                pass
        self.sockets.pop(writer, None)
        writer.close()

    async def one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        path, lines = head.split(" ")[1], head.lower().split("\r\n")
        if "upgrade: websocket" in lines:
            key = next(
                line for line in head.split("\r\n") if line.lower().startswith("sec-websocket-key")
            )
            await self.talk(reader, writer, path.rpartition("/")[2], key.partition(":")[2].strip())
            return False
        there = time.monotonic() - self.database_seen < SEEN_SECONDS
        health = {"/health/live": 200, "/health/ready": 200 if there else 503}
        status = health.get(path, 200 if path == "/collab" else 404)
        if path not in health:
            counted = ("GET", "/collab" if status == 200 else "none", str(status))
            self.requests.labels(*counted).inc()
            self.seconds.labels(*counted).observe(0.001)
        writer.write(f"HTTP/1.1 {status} \r\nContent-Length: 2\r\n\r\nok".encode())
        await writer.drain()
        return True

    async def talk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, document: str, key: str
    ) -> None:
        accept = base64.b64encode(hashlib.sha1((key + MAGIC).encode()).digest()).decode()
        upgrade = "HTTP/1.1 101 \r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        writer.write(f"{upgrade}Sec-WebSocket-Accept: {accept}\r\n\r\n".encode())
        self.sockets[writer] = document
        for edit in await asyncio.to_thread(self.saved, document):
            writer.write(frame(BINARY, edit))
        while True:
            kind, length = await reader.readexactly(2)
            mask = await reader.readexactly(4)
            data = await reader.readexactly(length & 127)
            said = bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
            if kind & 15 == CLOSE:
                return
            if kind & 15 not in (TEXT, BINARY):
                continue
            await asyncio.to_thread(self.save, document, said)
            if "keeps-edits" not in self.faults:
                await asyncio.to_thread(self.publish, document, said)

    def close_sockets(self) -> None:
        code = 1001 if "closes-with-1001" in self.faults else 1012
        for writer in self.sockets:
            writer.write(frame(CLOSE, code.to_bytes(2, "big")))


def frame(kind: int, data: bytes) -> bytes:
    return bytes([128 | kind, len(data)]) + data


async def serve(faults: frozenset[str]) -> None:
    server = Server(faults)
    server.loop.add_signal_handler(signal.SIGTERM, server.stopping.set)
    threads = [threading.Thread(target=each) for each in (server.watch_database, server.listen)]
    for thread in threads:
        thread.start()
    prometheus_client.start_http_server(int(ENV["METRICS_PORT"]), "127.0.0.1")
    listener = await asyncio.start_server(server.answer, "127.0.0.1", int(ENV["PORT"]))
    pinging = asyncio.create_task(server.ping())
    log("starts")
    await server.stopping.wait()
    listener.close()
    server.close_sockets()
    pinging.cancel()
    await asyncio.sleep(0.3)
    for thread in threads:
        await asyncio.to_thread(thread.join)


def migrate() -> None:
    with psycopg.connect(ENV["DATABASE_URL"]) as connection:
        connection.execute("create table if not exists edits (document text, content bytea)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=("serve", "migrate"))
    parser.add_argument("--fault", action="append", default=[])
    asked = parser.parse_args()
    if asked.role == "migrate":
        migrate()
    else:
        asyncio.run(serve(frozenset(asked.fault)))
