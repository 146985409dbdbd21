"""API groups that a server of this machine answers, behind the API server."""

from __future__ import annotations

from rf.shared.cluster.objects import Document

THIS_MACHINE = "localhost"
"""What an ExternalName Service can name, which takes no address."""


def aggregated(service: str, namespace: str, port: int, *groups: str) -> list[Document]:
    """A Service that leads to that port, as pods have no addresses here, and by it the groups'
    version `v1beta1`, as charts register them."""
    metadata = {"name": service, "namespace": namespace}
    spec = {"type": "ExternalName", "externalName": THIS_MACHINE}
    return [
        {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec},
        *(_api_service(service, namespace, port, group) for group in groups),
    ]


def _api_service(service: str, namespace: str, port: int, group: str) -> Document:
    return {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": f"v1beta1.{group}"},
        "spec": {
            "service": {"name": service, "namespace": namespace, "port": port},
            "group": group,
            "version": "v1beta1",
            "insecureSkipTLSVerify": True,
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
        },
    }
