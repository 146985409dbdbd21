"""What AWS's services offer: engine and cluster versions, and their classes in each zone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rf.aws.eks.addons import ADDON
from rf.aws.elasticache.replication_group import REPLICATION_GROUP
from rf.aws.mq import BROKER
from rf.aws.rds.instance import INSTANCE
from rf.preflight.row import OTHER_CLASS, PreflightRow, in_all, row_of
from rf.shared.account.account import Account
from rf.shared.account.need import Need
from rf.shared.account.owned import Owner
from rf.shared.cards.naming import Answer


def database_classes(account: Account, need: Need, _owner: Owner) -> Iterator[PreflightRow]:
    """The RDS class with this engine version in the zones, and a version of that number at all."""
    primary = next(each for each in need.inputs(INSTANCE) if each.get("engine"))
    engine, version = primary["engine"], str(primary["engineVersion"])
    zones = need.settings.availability_zones

    def newest() -> str | None:
        listed = account.listed(
            "rds",
            "DescribeDBEngineVersions",
            "DBEngineVersions",
            Engine=engine,
            EngineVersion=version,
        )
        versions = [each["EngineVersion"] for each in listed if each.get("Status") != "deprecated"]
        return max(versions, key=_ordered, default=None)

    def offered() -> Answer:
        precise = newest()
        if precise is None:
            return False, f"no version {version} at all"
        listed = account.listed(
            "rds",
            "DescribeOrderableDBInstanceOptions",
            "OrderableDBInstanceOptions",
            Engine=engine,
            EngineVersion=precise,
            DBInstanceClass=primary["instanceClass"],
        )
        return in_all(
            zones,
            {
                zone["Name"]
                for option in listed
                if option.get("StorageType") in (None, primary.get("storageType"))
                for zone in option["AvailabilityZones"]
            },
        )

    yield row_of(
        "version",
        f"RDS {engine} {version}",
        "a version that RDS still makes",
        "change the engine version in components/database/database.py",
        lambda: ((listed := newest()) is not None, listed or "none"),
    )
    yield row_of(
        "class",
        f"RDS {primary['instanceClass']} with {engine} {version}",
        f"offered in {', '.join(zones)}",
        OTHER_CLASS,
        offered,
    )


def redis(account: Account, need: Need, _owner: Owner) -> Iterator[PreflightRow]:
    """ElastiCache's version and classes. It tells regions, no zones."""
    groups = need.inputs(REPLICATION_GROUP)
    for engine, version in sorted({(each["engine"], each["engineVersion"]) for each in groups}):
        yield row_of(
            "version",
            f"ElastiCache {engine} {version}",
            "a version that ElastiCache still makes",
            "change elasticache-redis in scaleplan/versions.yaml",
            lambda engine=engine, version=version: _any_of(
                account.listed(
                    "elasticache",
                    "DescribeCacheEngineVersions",
                    "CacheEngineVersions",
                    Engine=engine,
                ),
                "EngineVersion",
                version,
            ),
        )
    for name in sorted({each["nodeType"] for each in groups}):
        yield row_of(
            "class",
            f"ElastiCache {name}",
            f"offered in {account.region} (ElastiCache tells no zones)",
            OTHER_CLASS,
            lambda name=name: _any_of(
                account.listed(
                    "elasticache",
                    "DescribeReservedCacheNodesOfferings",
                    "ReservedCacheNodesOfferings",
                    CacheNodeType=name,
                ),
                "CacheNodeType",
                name,
            ),
        )


def broker(account: Account, need: Need, _owner: Owner) -> Iterator[PreflightRow]:
    """Amazon MQ's class and version, where RabbitMQ carries the jobs."""
    for each in need.inputs(BROKER):
        name, version = each["hostInstanceType"], str(each["engineVersion"])

        def question(name: str = name, version: str = version) -> Answer:
            listed = account.listed(
                "mq",
                "DescribeBrokerInstanceOptions",
                "BrokerInstanceOptions",
                EngineType="RABBITMQ",
                HostInstanceType=name,
            )
            fitting = [
                option for option in listed if version in option.get("SupportedEngineVersions", ())
            ]
            offered = {z["Name"] for option in fitting for z in option["AvailabilityZones"]}
            return in_all(need.settings.availability_zones, offered)

        yield row_of(
            "class",
            f"Amazon MQ {name} with RabbitMQ {version}",
            f"offered in {', '.join(need.settings.availability_zones)}",
            "choose another queue.brokerClass",
            question,
        )


def cluster_version(account: Account, need: Need, _owner: Owner) -> Iterator[PreflightRow]:
    """EKS's version in standard support, and each add-on's version for it."""
    version = need.settings.kubernetes_version
    yield row_of(
        "version",
        f"EKS {version}",
        "in standard support",
        "choose a kubernetesVersion in standard support (extended support costs six times more)",
        lambda: _in_support(account, version),
    )
    for addon in need.inputs(ADDON):
        name, wanted = addon["addonName"], str(addon.get("addonVersion"))
        yield row_of(
            "version",
            f"EKS add-on {name} {wanted}",
            f"made for Kubernetes {version}",
            "change its version in scaleplan/versions.yaml",
            lambda name=name, wanted=wanted: _any_of(
                [
                    each
                    for listed in account.listed(
                        "eks",
                        "DescribeAddonVersions",
                        "addons",
                        kubernetesVersion=version,
                        addonName=name,
                    )
                    for each in listed["addonVersions"]
                ],
                "addonVersion",
                wanted,
            ),
        )


def _in_support(account: Account, version: str) -> Answer:
    listed = account.listed("eks", "DescribeClusterVersions", "clusterVersions")
    by_version = {each["clusterVersion"]: each for each in listed}
    if version not in by_version:
        return False, f"EKS makes {', '.join(sorted(by_version))}"
    status = str(by_version[version].get("versionStatus") or by_version[version].get("status"))
    end = by_version[version].get("endOfStandardSupportDate")
    until = f", until {end:%Y-%m-%d}" if end else ""
    return status.upper() == "STANDARD_SUPPORT", f"{status.lower().replace('_', ' ')}{until}"


def _any_of(offers: list[dict[str, Any]], member: str, wanted: str) -> Answer:
    values = sorted({str(each[member]) for each in offers})
    fine = any(value == wanted or value.startswith(f"{wanted}.") for value in values)
    return fine, "it is" if fine else f"there is {', '.join(values) or 'nothing'}"


def _ordered(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
