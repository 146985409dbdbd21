"""What `rf export` writes of a stack, as the objects to apply and what stays out of reach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml

from rf.export.writer import files_of
from rf.shared.cluster.objects import Document
from rf.shared.plan import RecordedPlan

_BUILT_IN_NAMESPACES = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})
_POD_TEMPLATES = {"CronJob": ("jobTemplate", "spec", "template")}


@dataclass(frozen=True, kw_only=True)
class Export:
    """The exported files of one stack at one size."""

    title: str
    objects: tuple[Document, ...]
    charts: tuple[str, ...]
    chart_namespaces: tuple[str, ...]

    @property
    def in_order(self) -> tuple[Document, ...]:
        """Namespaces first, those that Helm makes for its releases too, then the rest."""
        own = [each for each in self.objects if each["kind"] == "Namespace"]
        named = {each["metadata"]["name"] for each in own}
        made_by_helm = [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            for name in self.chart_namespaces
            if name not in named
        ]
        return (*own, *made_by_helm, *(each for each in self.objects if each not in own))

    def pods(self) -> Iterator[Document]:
        """A pod of each template, as the template's controller would create it."""
        for document in self.objects:
            found = document.get("spec") or {}
            for key in _POD_TEMPLATES.get(document["kind"], ("template",)):
                found = found.get(key, {})
            if "containers" in found.get("spec", {}):
                yield _pod(document, found)


def read_export(plan: RecordedPlan) -> Export:
    """The export of a plan, by its files alone."""
    texts = files_of(plan)
    releases = [yaml.safe_load(text) for text in _under("helm/", texts)]
    namespaces = {release["namespace"] for release in releases if "namespace" in release}
    return Export(
        title=f"{plan.stack} ({plan.size})",
        objects=tuple(yaml.safe_load(text) for text in _under("kubernetes/", texts)),
        charts=tuple(sorted(f"{each['chart']} {each['version']}" for each in releases)),
        chart_namespaces=tuple(sorted(namespaces - _BUILT_IN_NAMESPACES)),
    )


def _under(folder: str, texts: Mapping[str, str]) -> list[str]:
    return [text for path, text in texts.items() if path.startswith(folder)]


def _pod(owner: Document, template: Document) -> Document:
    metadata = template.get("metadata", {})
    kept = {key: metadata[key] for key in ("labels", "annotations") if key in metadata}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": kept
        | {
            "generateName": f"{owner['metadata']['name']}-",
            "namespace": owner["metadata"].get("namespace", "default"),
        },
        "spec": template["spec"],
    }
