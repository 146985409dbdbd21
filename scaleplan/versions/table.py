"""The table of versions, read from `versions.yaml`, and how versions compare."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

TABLE = "scaleplan/versions.yaml"
"""Where a pin is changed, in words for people."""


class PinKind(StrEnum):
    """What a row is, and so who knows of newer ones: a registry, or the account."""

    ENGINE = "engine"
    DATABASE = "database"
    CHART = "chart"
    IMAGE = "image"
    NODE_IMAGE = "node-image"
    ADDON = "addon"
    PACKAGE = "package"


class _Row(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True
    )


class NeighbourNeed(_Row):
    """Versions of a neighbour that a row is for; `first` and `last` with their patch releases.

    Not `binding` is what was tested alone. `not_older`: no older than the row itself; `same`: in
    the row's own version.
    """

    of: str
    first: str | None = None
    last: str | None = None
    only: tuple[str, ...] = ()
    not_older: bool = False
    same: bool = False
    binding: bool = True
    source: str = ""

    def admits(self, version: str, *, own: str) -> bool:
        """Whether the neighbour fits in that version, the row being in its `own`."""
        if self.only:
            return version in self.only
        if self.same:
            return version == own
        lowest = own if self.not_older else self.first
        return (lowest is None or _from(lowest, version)) and (
            self.last is None or _up_to(self.last, version)
        )

    def __str__(self) -> str:
        if self.only:
            return ", ".join(self.only)
        if self.not_older:
            return "none older"
        if self.same:
            return "none other"
        if self.first and self.last:
            return self.first if self.first == self.last else f"{self.first} to {self.last}"
        return f"{self.first} and later" if self.first else f"up to {self.last}"


class Support(_Row):
    """`ends` is the last day of support of a version, None where no day has been named.

    `forced` is where AWS acts after it; else the makers only stop to mend.
    """

    version: str
    ends: date | None = None
    forced: bool = False


class DefinitionsBy(StrEnum):
    """How a chart's CustomResourceDefinitions come, and so what an upgrade does to them.

    Helm makes those of a `folder` once and changes them never; `templates` change with every
    upgrade; of `own-chart` the program installs that other chart; an `operator` writes its own.
    """

    FOLDER = "folder"
    TEMPLATES = "templates"
    OWN_CHART = "own-chart"
    OPERATOR = "operator"


class ServedKind(_Row):
    """What one CRD defines. `serves` are the API versions, the one that objects are stored in
    first."""

    kind: str
    serves: tuple[str, ...]


class ChartDefinitions(_Row):
    """A chart's CRDs by name. `annotations` is the key of values that annotates each of them,
    `chart` the row of the chart that they have of their own."""

    by: DefinitionsBy
    source: str
    chart: str = ""
    annotations: str = ""
    crds: Mapping[str, ServedKind] = Field(default_factory=dict)


class KnownAhead(_Row):
    """What is known of versions after a row's own, and where it was read."""

    what: str
    source: str


class Pin(_Row):
    """One thing that the program runs, as it is known; `then` is what the end of support means.

    `within` is the part of a version that a newer one must share, as 16 of a client of servers
    of 16.
    An add-on may go `by_kubernetes`. Without any version it is chosen by a stack or by the plan,
    or `written_in` another file. Of an image, `licence` is that of the program in it, in SPDX's
    words, and `holds` what of a stack's secrets it is handed.
    """

    name: str
    title: str
    kind: PinKind
    source: str
    version: str | None = None
    by_kubernetes: Mapping[str, str] = Field(default_factory=dict)
    written_in: str | None = None
    within: str = ""
    address: str = ""
    repository: str | None = None
    kube_version: str | None = None
    definitions: ChartDefinitions | None = None
    ahead: tuple[KnownAhead, ...] = ()
    why: str = ""
    needs: tuple[NeighbourNeed, ...] = ()
    support: tuple[Support, ...] = ()
    then: str = ""
    licence: str = ""
    holds: str = ""

    @property
    def pinned(self) -> str:
        """The version that this table sets. Raises ValueError where it sets none, or several."""
        if self.version is None:
            raise ValueError(f"{TABLE}: {self.name} has no version of its own")
        return self.version

    def version_on(self, kubernetes: str) -> str:
        """The version on that minor of Kubernetes. Raises KeyError where none was chosen for it."""
        return self.by_kubernetes[kubernetes] if self.by_kubernetes else self.pinned

    def support_of(self, version: str) -> Support | None:
        """What is known of that version's support, or of the one that it is a release of."""
        return next((each for each in self.support if _is_within(version, each.version)), None)


class Versions(_Row):
    """The whole table."""

    pins: tuple[Pin, ...]

    def pin(self, name: str) -> Pin:
        """The row of that name. Raises KeyError when there is none."""
        return {pin.name: pin for pin in self.pins}[name]

    def of_kind(self, kind: PinKind) -> tuple[Pin, ...]:
        """The rows of a kind, in the table's order."""
        return tuple(pin for pin in self.pins if pin.kind is kind)


@cache
def load_versions() -> Versions:
    """Read `versions.yaml`. Raises pydantic.ValidationError when the file itself is wrong."""
    text = files("scaleplan").joinpath("versions.yaml").read_text(encoding="utf-8")
    return Versions.model_validate(yaml.load(text, yaml.CSafeLoader))


def numbers(version: str) -> tuple[int, ...]:
    """The numbers that a version begins with: 1.26.1 of v1.26.1-p0, for comparison."""
    begun = re.match(r"v?(\d+(?:\.\d+)*)", version)
    return tuple(int(part) for part in begun[1].split(".")) if begun else ()


def _from(lowest: str, version: str) -> bool:
    bound = numbers(lowest)
    own = numbers(version)
    # A version that names fewer numbers stands for the newest of its releases.
    return own[: len(bound)] >= bound[: len(own)]


def _up_to(highest: str, version: str) -> bool:
    bound = numbers(highest)
    return numbers(version)[: len(bound)] <= bound


def _is_within(version: str, whole: str) -> bool:
    return numbers(version)[: len(numbers(whole))] == numbers(whole)
