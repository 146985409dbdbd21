"""The shapes of an API's model, and how the provider's names find their members."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard, cast

from botocore.model import ListShape, MapShape, Shape, StructureShape

from rf.shared.cards.answers import Renames


def members_of(shape: StructureShape) -> Mapping[str, Shape]:
    """Members of a structure by name."""
    # botocore declares these lazy properties in a way that hides their types.
    return cast("Mapping[str, Shape]", shape.members)


def item_of(shape: ListShape | MapShape) -> Shape:
    """The shape of a list's or a map's items."""
    return cast("Shape", shape.member if isinstance(shape, ListShape) else shape.value)


def limits_of(shape: Shape) -> Mapping[str, Any]:
    """Enumeration, bounds and pattern."""
    return cast("Mapping[str, Any]", shape.metadata)


def member_for(shape: StructureShape, key: str, renames: Renames) -> str | None:
    """The member that a provider's key means: by `renames`, else by its name in any case, singular
    or plural. None where the structure has none."""
    renamed = renames.get(key)
    if renamed in members_of(shape):
        return renamed
    by_lower = {name.lower(): name for name in members_of(shape)}
    plain = key.lower()
    candidates = [plain, f"{plain}s", f"{plain}es", f"{plain}list"]
    if plain.endswith("ies"):
        candidates.append(f"{plain[:-3]}y")
    if plain.endswith("s"):
        candidates.append(plain[:-1])
    return next((by_lower[name] for name in candidates if name in by_lower), None)


def is_counted(shape: Shape) -> TypeGuard[StructureShape]:
    """Whether it is CloudFront's form of a list: `{Quantity, Items}`."""
    return isinstance(shape, StructureShape) and {"Quantity", "Items"} <= set(members_of(shape))


def is_pairs(shape: Shape) -> TypeGuard[StructureShape]:
    """Whether it is a pair of a key (or a name) and a value, by which a list stands for a map."""
    if not isinstance(shape, StructureShape):
        return False
    members = {name.lower().removeprefix("tag") for name in members_of(shape)}
    return members in ({"key", "value"}, {"name", "value"})


def is_wrapped_list(shape: Shape) -> TypeGuard[StructureShape]:
    """Whether it is a list in a structure of nothing else: `{Items}`."""
    return isinstance(shape, StructureShape) and set(members_of(shape)) == {"Items"}


def key_and_value(shape: StructureShape) -> tuple[str, str]:
    """The members of a pair."""
    key, value = sorted(members_of(shape), key=lambda name: name.lower().endswith("value"))
    return key, value


def things_in(shape: StructureShape | None) -> list[str]:
    """Paths in an answer to what describes a thing: a structure, or the first of a list of them."""
    paths: list[str] = []
    for name, member in (members_of(shape) if shape is not None else {}).items():
        if name in ("ResponseMetadata", "NextToken"):
            continue
        if isinstance(member, StructureShape):
            paths.append(name)
        elif isinstance(member, ListShape) and isinstance(item_of(member), StructureShape):
            paths.append(f"{name}.0")
    return paths


def at(shape: Shape | None, path: str) -> Shape | None:
    """The shape at a path such as `DBInstances.0`; None where an answer has none."""
    for step in filter(None, path.split(".")):
        if isinstance(shape, ListShape):
            shape = item_of(shape)
        elif isinstance(shape, StructureShape):
            shape = members_of(shape)[step]
    return shape
