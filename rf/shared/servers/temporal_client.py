"""A client of Temporal as the exported pods are: let in by a certificate, told by variables."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, TypeVar

from google.protobuf.duration_pb2 import Duration
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.service import RPCError

from rendering.workflows.client import CLIENT_CERTIFICATE
from rf.shared.servers.certificates import KeyPair
from rf.shared.servers.processes import wait_until
from rf.shared.servers.temporal_server import TemporalServer

T = TypeVar("T")


class EventLoop:
    """An event loop in a thread of its own: clients go on while a caller looks elsewhere."""

    def __init__(self, stack: ExitStack) -> None:
        self._loop = asyncio.new_event_loop()
        stack.callback(self._loop.close)
        thread = threading.Thread(target=self._loop.run_forever)
        thread.start()
        stack.callback(thread.join)
        stack.callback(self._loop.call_soon_threadsafe, self._loop.stop)

    def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """What it returns, or raises."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()


@dataclass(frozen=True, kw_only=True)
class TemporalLogin:
    """By which a server lets in: a client's certificate, and whom the server is known by."""

    server: TemporalServer
    pair: KeyPair = field(repr=False)

    @classmethod
    def of(cls, server: TemporalServer) -> TemporalLogin:
        """A new one."""
        return cls(server=server, pair=server.authority.issue("temporal-client", client=True))

    @property
    def secret(self) -> dict[str, str]:
        """The keys of the Secret that an application and KEDA read."""
        return {
            "ca.crt": self.server.authority.file.read_text(),
            "tls.crt": self.pair.certificate.decode(),
            "tls.key": self.pair.key.decode(),
        }

    def variables(self, told: Mapping[str, str]) -> dict[str, str]:
        """What of it is Temporal's, with this machine's server and files."""
        exported = {name: value for name, value in told.items() if name.startswith("TEMPORAL_")}
        return {
            **exported,
            **{n: self.secret[key] for n, key in CLIENT_CERTIFICATE.items() if n in told},
            "TEMPORAL_ADDRESS": self.server.address,
            "TEMPORAL_TLS_SERVER_CA_CERT_PATH": str(self.server.authority.file),
        }


async def connect(variables: Mapping[str, str]) -> Client:
    """As the SDK reads the variables by itself. Raises RuntimeError where nobody lets it in."""
    config = ClientConfig.load_client_connect_config(disable_file=True, override_env_vars=variables)
    return await Client.connect(**config)


def connected_client(
    loop: EventLoop, variables: Mapping[str, str], namespace: Mapping[str, str]
) -> Client:
    """A client of a server that starts. `namespace` is a row of the chart's values, which the
    chart's Job makes.

    Raises TimeoutError with what went wrong last.
    """
    days = int(namespace["retention"].removesuffix("d"))
    made = RegisterNamespaceRequest(
        namespace=namespace["name"],
        workflow_execution_retention_period=Duration(seconds=days * 24 * 3600),
    )
    client = patiently(lambda: loop.call(connect(variables)), "Temporal answers")
    service = client.workflow_service
    patiently(lambda: loop.call(service.register_namespace(made)), "its namespace is made")
    return client


def patiently(call: Callable[[], T], what: str) -> T:
    """What it returns once it doesn't fail. Raises TimeoutError with what it failed with last."""
    failures: list[Exception] = []

    def tried() -> list[T]:
        try:
            return [call()]
        except (RPCError, RuntimeError) as error:
            failures.append(error)
            return []

    try:
        return wait_until(tried, what, interval_seconds=0.2)[0]
    except TimeoutError as error:
        raise TimeoutError(f"{error}: {failures[-1]}") from None
