"""A Kubernetes API server on etcd for one test run: own certificates, free loopback ports."""

from __future__ import annotations

import json
import secrets
import signal
import ssl
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from rf.shared.cluster.binaries import Binaries
from rf.shared.servers.certificates import LocalAuthority
from rf.shared.servers.processes import Process, free_port, listens, write_private
from scaleplan.settings import SERVICE_CIDR

ADDRESS = "127.0.0.1"

PROXY_NAME = "front-proxy"
"""The API server's own name towards servers behind it."""

_READY = "/readyz?exclude=poststarthook/rbac/bootstrap-roles"
"""The group system:masters needs none of the roles that a new cluster gets one by one."""

_SETTINGS = {
    "allow-privileged": "true",
    "authorization-mode": "RBAC",
    "enable-priority-and-fairness": "false",
    "endpoint-reconciler-type": "none",
    "profiling": "false",
    "service-account-issuer": "https://kubernetes.default.svc",
    "service-cluster-ip-range": str(SERVICE_CIDR),
}


@dataclass(frozen=True, kw_only=True)
class RunningControlPlane:
    """What others need of a running one: `kubeconfig` may do everything."""

    kubeconfig: Path

    authority: Path
    """The certificate that signed the server's."""

    signing_key: Path
    """The private key of service accounts' tokens."""

    server: Process
    """The API server, which a test may freeze."""


def start_control_plane(
    stack: ExitStack, binaries: Binaries, directory: Path
) -> RunningControlPlane:
    """Start both, empty; leaving `stack` stops them."""
    authority = LocalAuthority(directory, "cluster-ca")
    pair = authority.issue(ADDRESS, client=True)
    certificate = write_private(directory / "server.crt", pair.certificate)
    key = write_private(directory / "server.key", pair.key)
    identity = {"authority": authority.file, "certificate": certificate, "key": key}
    etcd = _start_etcd(stack, binaries.etcd, directory, **identity)
    token, port = secrets.token_urlsafe(24), free_port(ADDRESS)
    tokens = write_private(directory / "tokens", f"{token},tests,tests,system:masters\n".encode())
    settings = _SETTINGS | {
        "bind-address": ADDRESS,
        "secure-port": port,
        "etcd-servers": etcd,
        "etcd-cafile": authority.file,
        "etcd-certfile": certificate,
        "etcd-keyfile": key,
        "tls-cert-file": certificate,
        "tls-private-key-file": key,
        "service-account-key-file": certificate,
        "service-account-signing-key-file": key,
        "token-auth-file": tokens,
        "cert-dir": directory,
    }
    settings |= _aggregation(directory, authority)
    command = [str(binaries.kube_apiserver), *flags(settings)]
    server = Process(command, directory / "kube-apiserver.log", signal.SIGTERM, as_nobody=False)
    stack.callback(server.stop)
    ready = _ready_check(f"https://{ADDRESS}:{port}{_READY}", token, authority.file)
    server.wait_ready(ready, interval_seconds=0.5)
    url = f"https://{ADDRESS}:{port}"
    return RunningControlPlane(
        kubeconfig=_write_kubeconfig(directory, url, token, authority.file),
        authority=authority.file,
        signing_key=key,
        server=server,
    )


def _aggregation(directory: Path, authority: LocalAuthority) -> dict[str, Any]:
    """How the server shows servers behind it who asks (kubernetes.io, "Configure the Aggregation
    Layer")."""
    pair = authority.issue(PROXY_NAME, client=True)
    return {
        "requestheader-client-ca-file": authority.file,
        "requestheader-allowed-names": PROXY_NAME,
        "requestheader-username-headers": "X-Remote-User",
        "requestheader-group-headers": "X-Remote-Group",
        "requestheader-extra-headers-prefix": "X-Remote-Extra-",
        "proxy-client-cert-file": write_private(directory / "proxy.crt", pair.certificate),
        "proxy-client-key-file": write_private(directory / "proxy.key", pair.key),
    }


def flags(settings: Mapping[str, Any]) -> list[str]:
    """The settings as these programs take them."""
    return [f"--{name}={value}" for name, value in settings.items()]


def _ready_check(url: str, token: str, authority: Path) -> Callable[[], bool]:
    """Is all of the server's start done? It listens before that, and answers with 5xx."""
    context = ssl.create_default_context(cafile=str(authority))
    # Our own https URL, on loopback.
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})  # noqa: S310

    def ready() -> bool:
        try:
            with urllib.request.urlopen(request, context=context, timeout=5) as answer:  # noqa: S310
                return answer.status == HTTPStatus.OK
        except OSError:
            return False

    return ready


def _start_etcd(
    stack: ExitStack,
    program: Path,
    directory: Path,
    *,
    authority: Path,
    certificate: Path,
    key: Path,
) -> str:
    clients, peers = (f"https://{ADDRESS}:{free_port(ADDRESS)}" for _ in range(2))
    settings = {
        "name": "tests",
        "data-dir": directory / "etcd",
        "listen-client-urls": clients,
        "advertise-client-urls": clients,
        "listen-peer-urls": peers,
        "initial-advertise-peer-urls": peers,
        "initial-cluster": f"tests={peers}",
        # The run's data is thrown away with its folder.
        "unsafe-no-fsync": "true",
        "client-cert-auth": "true",
        "trusted-ca-file": authority,
        "cert-file": certificate,
        "key-file": key,
        "peer-client-cert-auth": "true",
        "peer-trusted-ca-file": authority,
        "peer-cert-file": certificate,
        "peer-key-file": key,
    }
    etcd = Process(
        [str(program), *flags(settings)], directory / "etcd.log", signal.SIGTERM, as_nobody=False
    )
    stack.callback(etcd.stop)
    port = int(clients.rsplit(":", 1)[1])
    etcd.wait_ready(lambda: listens(ADDRESS, port))
    return clients


def _write_kubeconfig(directory: Path, server: str, token: str, authority: Path) -> Path:
    """JSON is YAML, too."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": "tests",
                "cluster": {"server": server, "certificate-authority": str(authority)},
            }
        ],
        "users": [{"name": "tests", "user": {"token": token}}],
        "contexts": [{"name": "tests", "context": {"cluster": "tests", "user": "tests"}}],
        "current-context": "tests",
    }
    return write_private(directory / "kubeconfig", json.dumps(config).encode())
