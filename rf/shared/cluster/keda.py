"""KEDA on a control plane: its operator, its metrics behind the API server, its webhooks.

Flags are those of the chart (kedacore/charts, keda/templates: manager/deployment.yaml,
metrics-server/deployment.yaml, webhooks/deployment.yaml), but for addresses, certificates, which
the operator makes itself there, and the election of a leader, as each runs once. Who they are is
the control plane's own user, who may do everything: the chart's roles are not looked at.

The adapter's own metrics and the webhooks listen on every address: neither takes one.
"""

from __future__ import annotations

import base64
import signal
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rf.shared.cluster.aggregation import THIS_MACHINE, aggregated
from rf.shared.cluster.binaries import KedaBinaries
from rf.shared.cluster.control_plane import ADDRESS, RunningControlPlane, flags
from rf.shared.cluster.definitions import read_definitions
from rf.shared.cluster.objects import Document
from rf.shared.servers.certificates import LocalAuthority
from rf.shared.servers.processes import Process, free_port, listens, write_private

NAMESPACE = "keda"

EXTERNAL_METRICS = "external.metrics.k8s.io"

_VALIDATED = {"scaledobjects": "scaledobject", "triggerauthentications": "triggerauthentication"}
"""Kinds that a stack has, and the ends of the paths where its webhooks are (KEDA's
config/webhooks/validation_webhooks.yaml)."""


@dataclass(frozen=True, kw_only=True)
class RunningKeda:
    """`metrics_url` is what Prometheus scrapes of the operator."""

    adapter_port: int
    webhooks_port: int
    metrics_url: str
    authority: Path

    def registrations(self) -> list[Document]:
        """By which the API server asks the adapter, and the webhooks, as the chart has them."""
        trusted = base64.b64encode(self.authority.read_bytes()).decode()
        return [
            *aggregated(
                "keda-operator-metrics-apiserver", NAMESPACE, self.adapter_port, EXTERNAL_METRICS
            ),
            {
                "apiVersion": "admissionregistration.k8s.io/v1",
                "kind": "ValidatingWebhookConfiguration",
                "metadata": {"name": "keda-admission"},
                "webhooks": [self._webhook(*each, trusted) for each in _VALIDATED.items()],
            },
        ]

    def _webhook(self, resource: str, path: str, trusted: str) -> Document:
        url = f"https://{THIS_MACHINE}:{self.webhooks_port}/validate-keda-sh-v1alpha1-{path}"
        rule = {
            "apiGroups": ["keda.sh"],
            "apiVersions": ["v1alpha1"],
            "operations": ["CREATE", "UPDATE"],
            "resources": [resource],
        }
        return {
            "name": f"v{path}.kb.io",
            "admissionReviewVersions": ["v1"],
            "clientConfig": {"url": url, "caBundle": trusted},
            # The chart ignores one that doesn't answer; here that would hide it.
            "failurePolicy": "Fail",
            "rules": [rule],
            "sideEffects": "None",
        }


def kinds(folder: Path) -> list[Document]:
    """The definitions of all of KEDA's kinds, as its operator follows those too that no stack has,
    among those that `.ci/apiserver/build` took from modules."""
    found = {
        definition["metadata"]["name"]: definition
        for (group, _), definition in read_definitions(folder).items()
        if group.partition("/")[0].endswith("keda.sh")
    }
    return list(found.values())


def start_keda(
    stack: ExitStack,
    binaries: KedaBinaries,
    directory: Path,
    plane: RunningControlPlane,
    *,
    watched_namespace: str,
    trusted: Path,
) -> RunningKeda:
    """Start all three; leaving `stack` stops them.

    The API server must know its `kinds`. `trusted` is a folder of certificates of whom
    the operator trusts beside public roots.
    """
    folder = directory / "keda"
    folder.mkdir()
    authority = LocalAuthority(folder, "ca")
    pair = authority.issue(THIS_MACHINE, ADDRESS, client=True)
    write_private(folder / "tls.crt", pair.certificate)
    write_private(folder / "tls.key", pair.key)
    environment = {
        "KUBECONFIG": str(plane.kubeconfig),
        "WATCH_NAMESPACE": watched_namespace,
        "POD_NAMESPACE": NAMESPACE,
        # Read from a pod's own files otherwise.
        "KEDA_CLUSTER_OBJECT_NAMESPACE": NAMESPACE,
    }
    metrics, service, adapter, webhooks = (free_port(ADDRESS) for _ in range(4))
    started = (
        (binaries.operator, service, _operator(folder, metrics, service, trusted)),
        (binaries.metrics_adapter, adapter, _adapter(folder, adapter, service, plane.kubeconfig)),
        (binaries.webhooks, webhooks, _webhooks(folder, webhooks)),
    )
    for program, port, settings in started:
        log = directory / f"{program.name}.log"
        command = [str(program), *flags(settings)]
        process = Process(command, log, signal.SIGTERM, as_nobody=False, environment=environment)
        stack.callback(process.stop)
        process.wait_ready(lambda port=port: listens(ADDRESS, port))
    return RunningKeda(
        adapter_port=adapter,
        webhooks_port=webhooks,
        metrics_url=f"http://{ADDRESS}:{metrics}/metrics",
        authority=authority.file,
    )


def _operator(folder: Path, metrics: int, service: int, trusted: Path) -> dict[str, Any]:
    return {
        "cert-dir": folder,
        "enable-cert-rotation": "false",
        "metrics-bind-address": f"{ADDRESS}:{metrics}",
        "metrics-service-bind-address": f"{ADDRESS}:{service}",
        "health-probe-bind-address": f"{ADDRESS}:{free_port(ADDRESS)}",
        "ca-dir": trusted,
        "zap-encoder": "console",
    }


def _adapter(folder: Path, port: int, service: int, kubeconfig: Path) -> dict[str, Any]:
    return {
        "port": free_port(ADDRESS),
        "secure-port": port,
        "bind-address": ADDRESS,
        "metrics-service-address": f"{ADDRESS}:{service}",
        "client-ca-file": folder / "ca.crt",
        "tls-cert-file": folder / "tls.crt",
        "tls-private-key-file": folder / "tls.key",
        "cert-dir": folder,
        "lister-kubeconfig": kubeconfig,
        "authentication-kubeconfig": kubeconfig,
        "authorization-kubeconfig": kubeconfig,
    }


def _webhooks(folder: Path, port: int) -> dict[str, Any]:
    return {
        "port": port,
        "cert-dir": folder,
        "metrics-bind-address": f"{ADDRESS}:{free_port(ADDRESS)}",
        "health-probe-bind-address": f"{ADDRESS}:{free_port(ADDRESS)}",
    }
