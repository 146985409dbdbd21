"""A run against one cluster: objects put there in order, and taken away again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rf.shared.cluster.definitions import Definitions, definitions_for
from rf.shared.cluster.objects import AppliedObject, ClusterClient, Document, RefusedError, label
from rf.shared.servers.processes import wait_until
from tests.apiserver.objects.exports import Export

_LASTING = frozenset({"CustomResourceDefinition", "Namespace"})
"""Kinds whose deletion takes time, being that of all they hold."""


_UNSEEN_CLASS = "no PriorityClass with name"
"""What admission says until its copy of the classes has followed a write: it looks nowhere else
(Kubernetes, plugin/pkg/admission/priority/admission.go)."""


class NotEmptyError(Exception):
    """The cluster holds what the export names: applying it would change what someone uses."""


@dataclass(kw_only=True)
class Session:
    """What is on the cluster because of us, in the order in which it came."""

    cluster: ClusterClient
    definitions_folder: Path
    _present: dict[str, Document] = field(default_factory=dict)

    def refuse_occupied(self, export: Export) -> None:
        """Raises NotEmptyError where anything of the export's names is there and not of us."""
        found = [
            label(each)
            for each in export.in_order
            if label(each) not in self._present and self.cluster.find(each) is not None
        ]
        if found:
            raise NotEmptyError(
                f"{self.cluster.server} already has {', '.join(sorted(found)[:5])}:"
                " name a cluster without ResearchFlow and its controllers"
            )

    def install_definitions(self, export: Export) -> Definitions:
        """Let the cluster know the custom resources' kinds; those that it knows are left alone."""
        unknown = [each for each in export.objects if not self.cluster.serves(each)]
        definitions = definitions_for(unknown, self.definitions_folder)
        for definition in definitions.all:
            self._apply(definition)
        for document in unknown:
            wait_until(
                lambda each=document: self.cluster.serves(each), f"{document['kind']} is served"
            )
        return definitions

    def apply(self, documents: Iterable[Document]) -> dict[str, AppliedObject]:
        """Each object's answer by its label. All are tried; RefusedError holds every refusal."""
        answers: dict[str, AppliedObject] = {}
        refusals: list[str] = []
        for document in documents:
            try:
                answers[label(document)] = self._apply(document)
            except RefusedError as error:
                refusals.append(str(error))
            if self.cluster.alone:
                self._play_controllers(document)
        if refusals:
            raise RefusedError("\n".join(refusals))
        return answers

    def remove_others(self, export: Export) -> list[str]:
        """Delete what is there of earlier exports and not in this one; returns their labels."""
        kept = {label(each) for each in export.in_order}
        gone = [
            (name, each)
            for name, each in self._present.items()
            if name not in kept and each["kind"] not in _LASTING
        ]
        for name, document in gone:
            self.cluster.delete(document)
            del self._present[name]
        return [name for name, _ in gone]

    def clear(self) -> None:
        """Delete everything that came by this session, and wait where controllers do the rest."""
        for document in reversed(list(self._present.values())):
            # Where no controller runs, a namespace never ends: these stay, to be applied anew.
            if not (self.cluster.alone and document["kind"] in _LASTING):
                self.cluster.delete(document)
        if not self.cluster.alone:
            for document in self._present.values():
                self.cluster.wait_until_gone(document)
        self._present.clear()

    def _apply(self, document: Document) -> AppliedObject:
        applied = wait_until(
            lambda: self._admitted(document), f"admission knows the class of {label(document)}"
        )
        self._present.setdefault(label(document), document)
        return applied

    def _admitted(self, document: Document) -> AppliedObject | None:
        """None where a class that is there is not known to admission yet."""
        try:
            return self.cluster.apply(document)
        except RefusedError as error:
            name = document.get("spec", {}).get("priorityClassName")
            if f"PriorityClass {name}" in self._present and _UNSEEN_CLASS in str(error):
                return None
            raise

    def _play_controllers(self, document: Document) -> None:
        """What admission waits for, and a controller writes where there is one."""
        match document:
            case {"kind": "Namespace", "metadata": {"name": name}}:
                metadata = {"name": "default", "namespace": name}
                account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
                self.cluster.apply(account)
            case {"kind": "ResourceQuota", "spec": {"hard": hard}}:
                used: dict[str, Any] = dict.fromkeys(hard, "0")
                self.cluster.set_status(document, {"hard": hard, "used": used})
