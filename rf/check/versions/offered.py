"""What the account offers: versions of engines, add-ons and the node image, and their days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rf.check.versions.registries import Offer
from rf.shared.account.account import Account
from rf.shared.account.machine_images import images_folder
from scaleplan.catalog import Architecture
from scaleplan.settings import Settings
from scaleplan.versions.fitting import KUBERNETES, RDS, Running
from scaleplan.versions.table import PinKind


def account_offers(account: Account, running: Running, settings: Settings) -> list[Offer]:
    """All versions of a row that AWS has. Raises UnreadableError, and PreflightInputError where
    there are no credentials."""
    if running.pin.kind is PinKind.ADDON:
        return _addons(account, running, settings.kubernetes_version)
    if running.pin.kind is PinKind.NODE_IMAGE:
        return _node_images(account, settings)
    return _ENGINES[running.pin.name](account)


def _addons(account: Account, running: Running, kubernetes: str) -> list[Offer]:
    listed = account.listed(
        "eks",
        "DescribeAddonVersions",
        "addons",
        kubernetesVersion=kubernetes,
        addonName=running.pin.address,
    )
    return [
        Offer(version=each["addonVersion"], says="the default" if _is_default(each) else "")
        for addon in listed
        for each in addon["addonVersions"]
    ]


def _is_default(addon: Mapping[str, Any]) -> bool:
    return any(each.get("defaultVersion") for each in addon.get("compatibilities", ()))


def _node_images(account: Account, settings: Settings) -> list[Offer]:
    family = "arm64" if settings.architecture is Architecture.ARM64 else "x86_64"
    name = f"{images_folder(settings.kubernetes_version, family)}/recommended/release_version"
    release: str = account.read("ssm", "GetParameter", Name=name)["Parameter"]["Value"]
    # 1.35.3-20260903: the kubelet's version, and the day, by which a node class names it.
    return [Offer(version=f"v{release.rpartition('-')[2]}", says=release)]


def _kubernetes(account: Account) -> list[Offer]:
    return [
        Offer(version=each["clusterVersion"], says=_until(each.get("endOfStandardSupportDate")))
        for each in account.listed("eks", "DescribeClusterVersions", "clusterVersions")
    ]


def _postgresql(account: Account) -> list[Offer]:
    listed = account.listed(
        "rds", "DescribeDBMajorEngineVersions", "DBMajorEngineVersions", Engine="postgres"
    )
    return [
        Offer(
            version=each["MajorEngineVersion"],
            says=_until(
                next(
                    (
                        cycle.get("LifecycleSupportEndDate")
                        for cycle in each.get("SupportedEngineLifecycles", ())
                        if cycle.get("LifecycleSupportName") == "open-source-rds-standard-support"
                    ),
                    None,
                )
            ),
        )
        for each in listed
    ]


def _redis(account: Account) -> list[Offer]:
    listed = account.listed(
        "elasticache", "DescribeCacheEngineVersions", "CacheEngineVersions", Engine="redis"
    )
    return [Offer(version=".".join(each["EngineVersion"].split(".")[:2])) for each in listed]


def _rabbitmq(account: Account) -> list[Offer]:
    listed = account.listed(
        "mq", "DescribeBrokerEngineTypes", "BrokerEngineTypes", EngineType="RABBITMQ"
    )
    return [
        Offer(version=".".join(each["Name"].split(".")[:2]))
        for engine in listed
        for each in engine["EngineVersions"]
    ]


_ENGINES = {
    KUBERNETES: _kubernetes,
    RDS: _postgresql,
    "elasticache-redis": _redis,
    "amazonmq-rabbitmq": _rabbitmq,
}


def _until(day: Any) -> str:
    return f"standard support until {day:%Y-%m-%d}" if day else ""
