"""The recorded plan: what a run of the program registered, and its stable JSON form."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from scaleplan.config.mistakes import nearest

FORMAT = 1
"""Version of the JSON form; raised when a reader of the old form would misread the new one."""

SECRET = "[secret]"  # noqa: S105 - stands for a secret, holds none
"""What stands for a secret value wherever a plan is shown or written."""

UNKNOWN = "[unknown]"
"""What stands for a value that only a deployment reveals (`--unknowns`)."""


References = Mapping[str, Mapping[str, Any]]
"""Outputs of other stacks by the stack's name, as their last deployment left them."""


@dataclass(frozen=True)
class Secret:
    """A value that the program marked secret. Its text is never its content."""

    value: Any = field(repr=False)

    def __str__(self) -> str:
        return SECRET


@dataclass(frozen=True, kw_only=True)
class RecordedResource:
    """One registration, as the engine would have received it.

    `inputs` has the provider's camelCase keys; a secret anywhere in it is a `Secret`.
    `outputs` and `resource_id` are what the recorder answered, invented but well-formed.
    """

    urn: str
    type: str
    name: str
    parent: str
    custom: bool
    provider: str
    inputs: Mapping[str, Any]
    dependencies: tuple[str, ...]
    property_dependencies: Mapping[str, tuple[str, ...]]
    protect: bool
    retain_on_delete: bool
    ignore_changes: tuple[str, ...]
    aliases: tuple[str, ...]
    resource_id: str
    outputs: Mapping[str, Any]
    replace_on_changes: tuple[str, ...] = ()
    delete_before_replace: bool = False

    def to_json(self, mask: Callable[[Any], Any] | None = None) -> dict[str, Any]:
        """The resource as `preview --json` prints it; `mask` hides the secrets of its inputs, as
        `redact` does where it is left out."""
        replacing = {
            "replaceOnChanges": list(self.replace_on_changes),
            "deleteBeforeReplace": self.delete_before_replace,
        }
        return {
            "urn": self.urn,
            "type": self.type,
            "name": self.name,
            "parent": self.parent,
            "custom": self.custom,
            "provider": self.provider,
            "inputs": (mask or redact)(self.inputs),
            "dependencies": sorted(self.dependencies),
            "propertyDependencies": {
                key: sorted(urns) for key, urns in self.property_dependencies.items() if urns
            },
            "protect": self.protect,
            "retainOnDelete": self.retain_on_delete,
            "ignoreChanges": list(self.ignore_changes),
            "aliases": list(self.aliases),
            **{option: value for option, value in replacing.items() if value},
        }


@dataclass(frozen=True, kw_only=True)
class RecordedPlan:
    """A whole run. `resources` are in the order of registration, dependencies before dependents."""

    project: str
    stack: str
    size: str
    resources: tuple[RecordedResource, ...]
    outputs: Mapping[str, Any]

    def to_json(self, mask: Callable[[Any], Any] | None = None) -> str:
        """The plan's stable text: keys sorted, resources by URN, the same bytes on every run.

        `mask` is as for a resource.
        """
        return self._text if mask is None else self._text_with(mask)

    @cached_property
    def _text(self) -> str:
        return self._text_with(None)

    def to_document(self, mask: Callable[[Any], Any] | None = None) -> dict[str, Any]:
        """What `to_json` writes; `mask` is as for a resource."""
        return {
            "format": FORMAT,
            "project": self.project,
            "stack": self.stack,
            "size": self.size,
            "resources": [
                resource.to_json(mask) for resource in sorted(self.resources, key=lambda r: r.urn)
            ],
            "outputs": redact(self.outputs),
        }

    def _text_with(self, mask: Callable[[Any], Any] | None) -> str:
        document = self.to_document(mask)
        return json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False) + "\n"

    def know_text(self, text: str) -> None:
        """Take what `to_json` gave when this same plan was made, rather than write it anew."""
        self.__dict__["_text"] = text

    def of_type(self, token: str) -> list[RecordedResource]:
        """Resources of one type token, sorted by URN."""
        return sorted((r for r in self.resources if r.type == token), key=lambda r: r.urn)

    def named(self, token: str, name: str) -> RecordedResource:
        """The one resource of that type and name.

        Raises KeyError, which says the nearest one, when there is none.
        """
        for resource in self.resources:
            if (resource.type, resource.name) == (token, name):
                return resource
        text = f"no {token} named {name} in the plan of {self.stack}"
        names = [resource.name for resource in self.of_type(token)]
        if names:
            raise KeyError(no_such(text, name, names))
        raise KeyError(no_such(text, token, sorted({resource.type for resource in self.resources})))


def no_such(text: str, given: str, choices: Sequence[str]) -> str:
    """The sentence about something that isn't there, with the nearest that is."""
    choice = nearest(given, choices)
    return f"{text}; nearest: {choice}" if choice else text


def redact(value: Any) -> Any:
    """The value with each secret replaced by `[secret]`."""
    return map_secrets(value, str)


def reveal(value: Any) -> Any:
    """The value with each secret's content in its place: for the sandbox, never for printing."""
    return map_secrets(value, lambda secret: reveal(secret.value))


def map_secrets(value: Any, replace: Callable[[Secret], Any]) -> Any:
    """The value with each secret replaced by what `replace` makes of it."""
    match value:
        case Secret():
            return replace(value)
        case Mapping():
            return {key: map_secrets(item, replace) for key, item in value.items()}
        case list() | tuple():
            return [map_secrets(item, replace) for item in value]
        case _:
            return value
