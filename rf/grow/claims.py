"""Growth that a claim of a volume can't follow: of a class that does not expand, or whose template
nobody is known to carry over to the claims that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rf.kubernetes.storage import STORAGE_CLASS
from rf.shared.cards.changes import Effect, Ruling
from rf.shared.cards.magnitudes import direction
from rf.shared.cards.property_changes import PropertyChange
from rf.shared.cards.registry import changes_of
from rf.shared.plan_document import PlanDocument, PlannedResource

_SIZE = re.compile(
    r"(?i)\b(volumeClaimTemplates?|persistentVolume|persistence)(\[[^\]]*\])?\..*\b(size|storage)$"
)
"""Paths of the sizes of claims, as StatefulSets, StackGres and charts spell them."""

_CLASS = ("storageClassName", "storageClass")
_DEFAULT = "storageclass.kubernetes.io/is-default-class"

BY_HAND = (
    "enlarge the claims: kubectl -n NAMESPACE patch pvc NAME --type merge -p"
    """ '{"spec":{"resources":{"requests":{"storage":"SIZE"}}}}', and wait until CAPACITY shows"""
    " it; EBS changes a volume once in six hours",
    "delete what makes them and leave its pods: kubectl -n NAMESPACE delete statefulset NAME"
    " --cascade=orphan; then set the new template and deploy",
)
EXPAND_FIRST = (
    "set allowVolumeExpansion true on the class and deploy, by itself",
    "then set the new size",
)


def is_size_of_claims(path: str) -> bool:
    """Whether a property is the size that a template gives to claims."""
    return _SIZE.search(path) is not None


def claim_mistake(
    resource: PlannedResource, change: PropertyChange, ruling: Ruling, before: PlanDocument
) -> tuple[str, tuple[str, ...]] | None:
    """Why claims can't follow the change, and the way all the same; None where they can.

    `before` is the plan that the claims were made by.
    """
    if not is_size_of_claims(change.path):
        return None
    if not _is_known(resource.type, change, ruling):
        return "nothing is known to carry the template's size over to claims that exist", BY_HAND
    if direction(change.old, change.new) <= 0 or ruling.effect is Effect.REFUSED:
        return None
    name = _class_of(resource.inputs, change.path)
    expands = _expanding(before)
    named = name or next((each for each, (_, default) in expands.items() if default), "")
    if named not in expands:
        said = f"the class {named}" if named else "the cluster's default class"
        return f"{said} is none of this stack's, and may not let claims grow", EXPAND_FIRST
    if not expands[named][0]:
        return f"the class {named} lets no claim grow (allowVolumeExpansion)", EXPAND_FIRST
    return None


def _is_known(token: str, change: PropertyChange, ruling: Ruling) -> bool:
    """Whether a rule speaks of these claims: they are enlarged, by somebody or by a command, or
    the change is spoken against anyway."""
    if ruling.effect in (Effect.REFUSED, Effect.DANGEROUS) or ruling.actions:
        return True
    changes = changes_of(token)
    place = changes.place_of(change.bare_path) if changes else None
    of_claims = place is not None and is_size_of_claims(place)
    return of_claims and ruling.effect is not Effect.REPLACE


def _expanding(plan: PlanDocument) -> Mapping[str, tuple[bool, bool]]:
    """By the name of each class whether its claims can grow, and whether it is the default."""
    classes: dict[str, tuple[bool, bool]] = {}
    for resource in plan.resources.values():
        if resource.type == STORAGE_CLASS:
            metadata = resource.inputs.get("metadata") or {}
            marks = metadata.get("annotations") or {}
            expands = resource.inputs.get("allowVolumeExpansion") is True
            classes[str(metadata.get("name"))] = (expands, marks.get(_DEFAULT) == "true")
    return classes


def _class_of(inputs: Mapping[str, Any], path: str) -> str:
    """The class that a template names, beside its size or above it; empty for the default one."""
    around = [inputs, *_objects_on(inputs, path)]
    named = (str(each[key]) for each in reversed(around) for key in _CLASS if each.get(key))
    return next(named, "")


def _objects_on(inputs: Mapping[str, Any], path: str) -> Iterator[Mapping[str, Any]]:
    """The objects that a path goes through, from the outermost."""
    value: Any = inputs
    for key, item in re.findall(r"([^.\[\]]+)|\[([^\]]*)\]", path):
        if key:
            value = value.get(key) if isinstance(value, Mapping) else None
        elif isinstance(value, list):
            value = _item(value, item)
        if isinstance(value, Mapping):
            yield value


def _item(items: list[Any], which: str) -> Any:
    """The item of that name, or at that place."""
    named = (each for each in items if isinstance(each, Mapping) and each.get("name") == which)
    found = next(named, None)
    if found is None and which.isdigit() and int(which) < len(items):
        return items[int(which)]
    return found
