"""What a scanner finds, and what of it is by design: a committed list says so, with reasons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

BY_DESIGN = Path(__file__).with_name("by_design.yaml")


class ListInputError(Exception):
    """The list of what is by design can't be read."""


@dataclass(frozen=True, kw_only=True, order=True)
class Finding:
    """One thing that one tool says: by which check of its own, and of what.

    The resource is the same in every stack, so what is found in several of them is one finding.
    """

    tool: str
    check: str
    resource: str
    message: str = ""

    def is_like(self, pattern: Finding) -> bool:
        """Whether it is what the pattern is about, in whose resource `*` stands for anything."""
        return (self.tool, self.check) == (pattern.tool, pattern.check) and fnmatchcase(
            self.resource, pattern.resource
        )


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is left: findings that are on no list, and what is on the list and no longer found."""

    unexpected: tuple[Finding, ...]
    idle: tuple[Finding, ...]
    by_design: int
    """How many findings the list has."""

    @property
    def fails(self) -> bool:
        """Whether anything is left."""
        return bool(self.unexpected or self.idle)


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    tool: str
    check: str
    resources: list[str] = Field(min_length=1)
    why: str = Field(min_length=20)


def read_by_design(path: Path = BY_DESIGN) -> tuple[Finding, ...]:
    """The committed list, a pattern a resource, whose message is the reason.

    Raises ListInputError where the file has another form.
    """
    try:
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
        entries = TypeAdapter(list[_Entry]).validate_python(written)
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise ListInputError(f"{path.name}: {error}") from error
    return tuple(
        Finding(tool=each.tool, check=each.check, resource=resource, message=each.why)
        for each in entries
        for resource in each.resources
    )


def verdict(findings: Iterable[Finding], by_design: Sequence[Finding], tools: set[str]) -> Verdict:
    """What `tools` found, compared with the list; what it has of other tools is left alone."""
    found = {(each.tool, each.check, each.resource): each for each in findings}.values()
    patterns = [each for each in by_design if each.tool in tools]
    unexpected = sorted(
        each for each in found if not any(each.is_like(pattern) for pattern in patterns)
    )
    return Verdict(
        unexpected=tuple(unexpected),
        idle=tuple(
            pattern for pattern in patterns if not any(each.is_like(pattern) for each in found)
        ),
        by_design=len(found) - len(unexpected),
    )
