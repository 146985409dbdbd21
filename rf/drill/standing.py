"""What of a stack stands in the sandbox, so that another plan of it can be laid over."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rf.shared.files import replaced
from rf.shared.plan import redact
from rf.shared.sandbox.deployment import Deployment
from rf.shared.sandbox.registry import Created, Request, World


@dataclass(frozen=True, kw_only=True)
class StandingResource:
    """A resource that was made: its id, its outputs, and a digest of what it was made from.

    One that the emulator lacks was checked and not made: there is nothing of it to read back.
    """

    id: str
    outputs: Mapping[str, Any]
    digest: str
    emulated: bool = True


@dataclass
class Standing:
    """All of a stack's, by URN. Holds ids and addresses, no secret."""

    resources: dict[str, StandingResource] = field(default_factory=dict)

    def note(self, request: Request, created: Created, *, emulated: bool = True) -> None:
        """Remember what was made, or made anew."""
        self.resources[request.urn] = StandingResource(
            id=created.id,
            outputs=dict(created.outputs),
            digest=digest_of(request.inputs),
            emulated=emulated,
        )

    def not_emulated(self) -> tuple[str, ...]:
        """URNs of what was only checked."""
        return tuple(urn for urn, each in self.resources.items() if not each.emulated)

    def save(self, path: Path) -> None:
        """Write it where its owner alone reads it."""
        path.touch(mode=0o600)
        document = {urn: vars(resource) for urn, resource in self.resources.items()}
        with replaced(path) as file:
            file.write_text(json.dumps(redact(document), default=str), encoding="utf-8")


def load_standing(path: Path) -> Standing:
    """What `Standing.save` wrote."""
    document = json.loads(path.read_text(encoding="utf-8"))
    return Standing({urn: StandingResource(**resource) for urn, resource in document.items()})


def digest_of(inputs: Mapping[str, Any]) -> str:
    """A digest of inputs; equal ones have equal digests, and a secret can't be read from it."""
    text = json.dumps(inputs, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


Update = Callable[[Request, StandingResource], Created]
"""Changes a resource in place to its new inputs. Raises CreationError."""

Delete = Callable[[str, StandingResource, str], None]
"""Deletes what a plan no longer has, by URN, in a region. Raises CreationError."""


@dataclass(frozen=True, kw_only=True)
class Changes:
    """How what stands is changed and deleted."""

    update: Update
    delete: Delete


class LayeredDeployment(Deployment):
    """A deployment over what stands: what is as planned is left alone, the rest made or changed.

    `changes` are made to what stands and was planned otherwise.
    """

    def __init__(
        self, world: World, progress: Callable[[str], None], standing: Standing, changes: Changes
    ) -> None:
        super().__init__(world, progress)
        self._standing = standing
        self._changes = changes
        self.changed: list[str] = []
        self.made: list[str] = []
        self._planned: set[str] = set()

    def _make(self, request: Request) -> Created:
        self._planned.add(request.urn)
        there = self._standing.resources.get(request.urn)
        if there is not None and there.digest == digest_of(request.inputs):
            return Created(there.id, there.outputs)
        gaps = dict(self.world.api.missing)
        if there is not None:
            created = self._changes.update(request, there)
            self.changed.append(request.urn)
        else:
            created = super()._make(request)
            self.made.append(request.urn)
        emulated = gaps == self.world.api.missing
        self._standing.note(request, created, emulated=emulated)
        return created

    def delete_rest(self, region: str) -> tuple[str, ...]:
        """Delete what stands and is planned no more; its URNs. To be called after the run."""
        rest = tuple(urn for urn in self._standing.resources if urn not in self._planned)
        for urn in rest:
            self._changes.delete(urn, self._standing.resources[urn], region)
            del self._standing.resources[urn]
        return rest
