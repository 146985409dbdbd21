"""The metrics adapter of a test, as its chart starts it, behind the API server's aggregation."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import yaml
from kubernetes.client.exceptions import ApiException

from rf.shared.cluster.aggregation import aggregated
from rf.shared.cluster.objects import ClusterClient, Document
from rf.shared.servers.processes import Process, free_port, listens, wait_until
from tests.services.observability.built import find_built

ADDRESS = "127.0.0.1"

NAMESPACE, SERVICE = "monitoring", "prometheus-adapter"


@dataclass(frozen=True, kw_only=True)
class Adapter:
    """A running adapter: `groups` are the API groups that it registers for."""

    port: int
    groups: tuple[str, ...]

    def objects(self) -> list[Document]:
        """What registers it, as the chart does."""
        return aggregated(SERVICE, NAMESPACE, self.port, *self.groups)


def start_adapter(
    stack: ExitStack,
    directory: Path,
    kubeconfig: Path,
    prometheus_url: str,
    values: Mapping[str, Any],
) -> Adapter:
    """Start it on the chart's values; leaving `stack` stops it. Raises MissingServersError.

    Its file and its registrations are those that the chart makes of `rules`
    (prometheus-community/helm-charts, charts/prometheus-adapter/templates: configmap.yaml,
    custom-metrics-apiservice.yaml, external-metrics-apiservice.yaml).
    """
    rules = values["rules"]
    assert not rules["default"]
    keys = {"rules": rules["custom"], "externalRules": rules["external"]}
    config = directory / "adapter.yaml"
    config.write_text(yaml.safe_dump({key: each for key, each in keys.items() if each}), "utf-8")
    port = free_port(ADDRESS)
    command = [
        str(find_built("prometheus-adapter")),
        f"--secure-port={port}",
        f"--cert-dir={directory / 'adapter'}",
        f"--prometheus-url={prometheus_url}",
        "--metrics-relist-interval=1m",
        f"--config={config}",
        # Not of the chart: where it listens, and who it is, which a pod's account says there.
        f"--bind-address={ADDRESS}",
        *(
            f"--{purpose}-kubeconfig={kubeconfig}"
            for purpose in ("lister", "authentication", "authorization")
        ),
    ]
    process = Process(command, directory / "adapter.log", signal.SIGTERM, as_nobody=False)
    stack.callback(process.stop)
    process.wait_ready(lambda: listens(ADDRESS, port))
    served = {"custom": rules["custom"], "external": rules["external"]}
    groups = tuple(f"{name}.metrics.k8s.io" for name, each in served.items() if each)
    return Adapter(port=port, groups=groups)


def wait_until_served(cluster: ClusterClient, adapter: Adapter) -> None:
    """Until the API server asks the adapter, and the adapter knows a metric."""
    for group in adapter.groups:

        def known(path: str = f"/apis/{group}/v1beta1") -> bool:
            try:
                found = cluster.read(path)
            except ApiException as error:
                # It has yet to learn on whose word the API server's is to be taken.
                if error.status != HTTPStatus.FORBIDDEN:
                    raise
                return False
            return bool(found and found["resources"])

        wait_until(known, f"{group} is served", interval_seconds=0.5)
