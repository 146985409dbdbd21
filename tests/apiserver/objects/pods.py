"""Pods of exported templates, as their controllers would make them; no controller runs here."""

from __future__ import annotations

from collections.abc import Iterator

from rf.shared.cluster.objects import Document
from tests.apiserver.objects.exports import Export

_GROUND = frozenset({"Namespace", "PriorityClass", "ServiceAccount"})


def ground(export: Export) -> list[Document]:
    """What must be there before any pod."""
    return [each for each in export.in_order if each["kind"] in _GROUND]


def pods_of(export: Export, application: str, count: int) -> Iterator[Document]:
    """So many pods of an application's Deployment: `<application>-0` and so on."""
    (template,) = [
        pod for pod in export.pods() if pod["metadata"]["labels"].get("app") == application
    ]
    metadata = {key: each for key, each in template["metadata"].items() if key != "generateName"}
    for index in range(count):
        yield {**template, "metadata": {**metadata, "name": f"{application}-{index}"}}
