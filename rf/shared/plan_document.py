"""A recorded plan as `rf preview --json` prints it, read back: of this revision or of another."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rf.shared.plan import FORMAT, RecordedPlan
from rf.shared.secret_digests import digesting, is_comparable, read_masked, run_key


class PlanDocumentError(Exception):
    """The text is no plan of the form that is read here. One sentence says why."""


@dataclass(frozen=True, kw_only=True)
class PlannedResource:
    """One resource of a printed plan; its secrets read `[secret]`. `provider` is a URN."""

    urn: str
    type: str
    name: str
    parent: str
    custom: bool
    provider: str = ""
    inputs: Mapping[str, Any]
    dependencies: tuple[str, ...]
    property_dependencies: Mapping[str, tuple[str, ...]]
    protect: bool
    retain_on_delete: bool
    ignore_changes: tuple[str, ...] = ()
    aliases: tuple[str, ...]
    replace_on_changes: tuple[str, ...] = ()
    delete_before_replace: bool = False


@dataclass(frozen=True, kw_only=True)
class PlanDocument:
    """A printed plan: resources by URN.

    `secrets_comparable` is whether a secret of it that changed differs from one that stayed.
    """

    stack: str
    size: str
    resources: Mapping[str, PlannedResource]
    outputs: Mapping[str, Any]
    secrets_comparable: bool = True

    def layer_of(self, urn: str) -> str:
        """Name of the outermost component above a resource; its own name at the stack's root."""
        name = ""
        while urn in self.resources:
            resource = self.resources[urn]
            name, urn = resource.name, resource.parent
        return name


def document_of(plan: RecordedPlan) -> PlanDocument:
    """A plan recorded in this process, as others read it: without its secrets, which can still be
    compared with those of this run's other plans."""
    # Without indentation, which `json` writes in Python rather than in C.
    return read_document(json.dumps(plan.to_document(digesting(run_key())), sort_keys=True))


def read_document(text: str) -> PlanDocument:
    """The plan in a JSON text. Raises PlanDocumentError when it is of another form."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise PlanDocumentError(f"is no JSON: {error}") from error
    if not isinstance(document, Mapping) or document.get("format") != FORMAT:
        raise PlanDocumentError(f"is no plan of format {FORMAT}")
    try:
        resources = [_resource(entry) for entry in document["resources"]]
        return PlanDocument(
            stack=str(document["stack"]),
            size=str(document["size"]),
            resources={resource.urn: resource for resource in resources},
            outputs=document["outputs"],
            secrets_comparable=all(is_comparable(resource.inputs) for resource in resources),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise PlanDocumentError(f"lacks what a plan has: {error}") from error


def _resource(entry: Mapping[str, Any]) -> PlannedResource:
    return PlannedResource(
        urn=entry["urn"],
        type=entry["type"],
        name=entry["name"],
        parent=entry["parent"],
        custom=entry["custom"],
        provider=entry["provider"].rsplit("::", 1)[0],
        inputs=read_masked(entry["inputs"]),
        dependencies=tuple(entry["dependencies"]),
        property_dependencies={
            key: tuple(urns) for key, urns in entry["propertyDependencies"].items()
        },
        protect=entry["protect"],
        retain_on_delete=entry["retainOnDelete"],
        ignore_changes=tuple(entry["ignoreChanges"]),
        aliases=tuple(entry["aliases"]),
        replace_on_changes=tuple(entry.get("replaceOnChanges", ())),
        delete_before_replace=bool(entry.get("deleteBeforeReplace")),
    )
