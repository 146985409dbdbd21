"""The domain's failover records and their health checks, as they stand in Route 53."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rf.drill.site import RecoverySite
from rf.drill.steps import require
from rf.drill.world import DrillWorld


def records_lead_to(world: DrillWorld, site: RecoverySite) -> Sequence[str]:
    """That the domain has a record of each site, with a check that decides between them.

    Raises StepFailedError for one that is missing: nobody could make it now.
    """
    domain = _domain(world)
    pair = {str(record["Failover"]): record for record in _records(world, domain)}
    for role in ("PRIMARY", "SECONDARY"):
        require(role in pair, f"{domain} has no {role} record: it can't fail over to {site.stack}")
    primary, secondary = pair["PRIMARY"], pair["SECONDARY"]
    check = primary.get("HealthCheckId")
    require(check, f"the PRIMARY record of {domain} has no health check, so it always answers")
    config = _health_check(world, str(check))
    region = site.settings("open").region
    target = str(secondary.get("AliasTarget", {}).get("DNSName", ""))
    require(
        target and target != primary.get("AliasTarget", {}).get("DNSName"),
        f"both records of {domain} lead to the same place",
    )
    require(
        world.place.settings.region not in target,
        f"the SECONDARY record of {domain} leads to {target}, in the lost region",
    )
    return [
        f"{domain}: PRIMARY with a health check ({config['Type']}), SECONDARY to {target}",
        f"both stand beforehand; the site is in {region}",
    ]


def domain_records(world: DrillWorld) -> Sequence[str]:
    """The name that always leads to the site."""
    name = f"recovery.{_domain(world)}"
    records = _records(world, name, failover=False)
    require(records, f"{name}, by which the site is verified and checked, does not exist")
    return [f"{name} leads to the site; its health check switches the domain, nobody else does"]


def _domain(world: DrillWorld) -> str:
    domain = world.place.settings.domain
    require(domain, f"{world.place.settings.stack} has no domain that could fail over")
    return str(domain)


def _records(world: DrillWorld, name: str, *, failover: bool = True) -> list[Mapping[str, Any]]:
    zones = world.see("route53", "ListHostedZones", world.place.settings.region)["HostedZones"]
    records: list[Mapping[str, Any]] = []
    for zone in zones:
        listed = world.see(
            "route53",
            "ListResourceRecordSets",
            world.place.settings.region,
            HostedZoneId=str(zone["Id"]).rsplit("/", 1)[-1],
        )
        records += [
            record
            for record in listed["ResourceRecordSets"]
            if record["Name"].rstrip(".") == name
            and record["Type"] in {"A", "CNAME"}
            and (not failover or record.get("Failover"))
        ]
    return records


def _health_check(world: DrillWorld, check: str) -> Mapping[str, Any]:
    answer = world.see(
        "route53", "GetHealthCheck", world.place.settings.region, HealthCheckId=check
    )
    config: Mapping[str, Any] = answer["HealthCheck"]["HealthCheckConfig"]
    for child in config.get("ChildHealthChecks") or []:
        _health_check(world, str(child))
    return config
