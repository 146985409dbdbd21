"""What a stack may choose from holds together."""

from __future__ import annotations

import re

import pytest

from scaleplan.catalog import Architecture, InstanceClass, load_catalog

CATALOG = load_catalog()


def _name(entry: InstanceClass) -> str:
    return entry.name


@pytest.mark.parametrize("entry", CATALOG.classes, ids=_name)
def test_counterparts_point_at_each_other_and_are_equally_big(entry: InstanceClass) -> None:
    twin = CATALOG.instance_class(entry.counterpart)
    assert twin.counterpart == entry.name
    assert twin.architecture != entry.architecture
    assert (twin.kind, twin.vcpus, twin.memory_gib) == (entry.kind, entry.vcpus, entry.memory_gib)


@pytest.mark.parametrize("entry", CATALOG.classes, ids=_name)
def test_the_name_says_service_and_family(entry: InstanceClass) -> None:
    prefix = {"compute": "", "database": "db.", "cache": "cache."}[entry.kind]
    family = re.fullmatch(
        re.escape(prefix) + r"([a-z]+)(\d)([a-z]*)\.(\d*x?large|medium|small)", entry.name
    )
    assert family is not None
    graviton = "g" in family[3]
    assert entry.architecture == (Architecture.ARM64 if graviton else Architecture.X86_64)


def test_names_are_unique() -> None:
    names = [entry.name for entry in CATALOG.classes]
    assert len(set(names)) == len(names)
    regions = CATALOG.region_names()
    assert len(set(regions)) == len(regions)


def test_a_region_has_three_zones_and_its_own_prefix_list() -> None:
    assert all(len(set(region.zone_letters)) >= 3 for region in CATALOG.regions)
    lists = [region.cloudfront_prefix_list_id for region in CATALOG.regions]
    assert len(set(lists)) == len(lists)
    assert all(re.fullmatch(r"pl-[0-9a-f]{8}", prefix_list) for prefix_list in lists)


def test_the_plans_regions_are_there() -> None:
    assert {"us-east-1", "us-west-2", "eu-west-1"} <= set(CATALOG.region_names())


def test_the_class_of_an_architecture_is_itself_or_its_twin() -> None:
    assert CATALOG.for_architecture("db.r7g.xlarge", Architecture.ARM64) == "db.r7g.xlarge"
    assert CATALOG.for_architecture("db.r7g.xlarge", Architecture.X86_64) == "db.r7i.xlarge"
    assert CATALOG.for_architecture("db.r7i.xlarge", Architecture.ARM64) == "db.r7g.xlarge"


@pytest.mark.parametrize(
    ("name", "maxmemory_bytes"),
    [
        ("cache.t4g.small", 1_471_026_299),
        ("cache.t4g.medium", 3_317_862_236),
        ("cache.m7g.large", 6_854_542_746),
        ("cache.m7g.xlarge", 13_891_921_715),
        ("cache.r7g.large", 14_037_181_030),
        ("cache.r7g.xlarge", 28_261_849_702),
    ],
)
def test_cache_memory_is_the_nodes_maxmemory_and_never_more(
    name: str, maxmemory_bytes: int
) -> None:
    gib = maxmemory_bytes / 1024**3
    assert gib - 0.01 < CATALOG.instance_class(name).memory_gib < gib + 0.0001


@pytest.mark.parametrize(
    ("name", "vcpus", "memory_gib"),
    [
        ("m7g.large", 2, 8),
        ("m7g.xlarge", 4, 16),
        ("r7g.2xlarge", 8, 64),
        ("db.t4g.large", 2, 8),
        ("db.r7g.xlarge", 4, 32),
        ("db.r7g.2xlarge", 8, 64),
    ],
)
def test_machine_sizes(name: str, vcpus: int, memory_gib: float) -> None:
    entry = CATALOG.instance_class(name)
    assert (entry.vcpus, entry.memory_gib) == (vcpus, memory_gib)
