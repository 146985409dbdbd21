"""AWS regions and instance classes that a stack may choose from, read from `catalog.yaml`."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

ClassKind = Literal["compute", "database", "cache"]


class Architecture(StrEnum):
    """Processor family; Graviton (`arm64`) is the default, as the cheaper one at equal size."""

    ARM64 = "arm64"
    X86_64 = "x86_64"


class InstanceClass(BaseModel):
    """One AWS machine class: what it is called, what it holds, and its twin of the other family.

    Only a `compute` class says how many network `interfaces` it has, and addresses on each.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)

    name: str
    kind: ClassKind
    architecture: Architecture
    vcpus: int
    memory_gib: float
    counterpart: str
    interfaces: int = 0
    addresses_per_interface: int = 0

    @property
    def burstable(self) -> bool:
        """Whether it lives on CPU credits: the family of `cache.t4g.small` is t4g."""
        family = self.name.split(".")[0 if self.kind == "compute" else 1]
        return family.startswith("t")


class Region(BaseModel):
    """One AWS region and what in it differs from the others."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)

    name: str
    zone_letters: str
    cloudfront_prefix_list_id: str
    origin_shield_region: str
    european_union: bool = False

    def zones(self) -> list[str]:
        """Names of the region's availability zones."""
        return [f"{self.name}{letter}" for letter in self.zone_letters]


class EbsLink(BaseModel):
    """What a machine's link to its volumes gives without burst."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)

    machine: str
    iops: int
    throughput_mbps: float


class MeasuredConnections(BaseModel):
    """`max_connections` that RDS instances with so much memory really had."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)

    memory_gib: int
    max_connections: int


class Catalog(BaseModel):
    """Everything a stack may choose from; each entry's source is a comment in `catalog.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)

    regions: tuple[Region, ...]
    classes: tuple[InstanceClass, ...]
    ebs_links: tuple[EbsLink, ...]
    measured_connections: tuple[MeasuredConnections, ...]

    def region_names(self) -> list[str]:
        """Names of the regions a stack may use, sorted."""
        return sorted(region.name for region in self.regions)

    def european_region_names(self) -> list[str]:
        """Names of those regions that lie in the European Union, sorted."""
        return sorted(region.name for region in self.regions if region.european_union)

    def region(self, name: str) -> Region:
        """The region of that name. Raises KeyError when the catalogue has none."""
        return {region.name: region for region in self.regions}[name]

    def class_names(self, kind: ClassKind, architecture: Architecture | None = None) -> list[str]:
        """Names of the classes of a kind, of one processor family if given, sorted."""
        return sorted(
            entry.name
            for entry in self.classes
            if entry.kind == kind and architecture in (None, entry.architecture)
        )

    def instance_class(self, name: str) -> InstanceClass:
        """The class of that name. Raises KeyError when the catalogue has none."""
        return {entry.name: entry for entry in self.classes}[name]

    def ebs_link(self, name: str) -> EbsLink:
        """The link of a compute or database class. Raises KeyError where the catalogue has none."""
        return {link.machine: link for link in self.ebs_links}[name.removeprefix("db.")]

    def for_architecture(self, name: str, architecture: Architecture) -> str:
        """The class itself, or its counterpart when it is of the other processor family."""
        entry = self.instance_class(name)
        return entry.name if entry.architecture == architecture else entry.counterpart


@cache
def load_catalog() -> Catalog:
    """Read `catalog.yaml`. Raises pydantic.ValidationError when the file itself is wrong."""
    text = files("scaleplan").joinpath("catalog.yaml").read_text(encoding="utf-8")
    return Catalog.model_validate(yaml.load(text, yaml.CSafeLoader))
