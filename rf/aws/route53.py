"""Zones, records, and the health checks that switch between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rf.shared.cards.answers import RequestError
from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import DANGEROUS, IN_PLACE, REPLACE, Changes, PropertyRule
from rf.shared.cards.control_plane import ControlPlane
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Task
from rf.shared.cards.prices import Counted, Free, Priced, each, fixed
from rf.shared.cards.residency import GLOBAL_SETTINGS
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import NOT_SHOWN, Comparison, Verification
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, OWN_NAME, Without
from rf.shared.offline.invention import Computed, Registration
from rf.shared.plan import RecordedPlan, RecordedResource

if TYPE_CHECKING:
    from rf.shared.sandbox.reader import Reader

CONTROL_PLANE = ControlPlane(
    name="Route 53, records and health checks",
    service="route53",
    goes_on="names are answered, health is checked, and failover records switch by it",
)


def _invented_health_check(registration: Registration) -> Computed:
    unique = registration.uuid()
    return Computed(unique, {"arn": f"arn:aws:route53:::healthcheck/{unique}"})


def _create_health_check(task: Task, inputs: Inputs) -> Created:
    reference = inputs.take("referenceName") or task.auto_name("", 27)
    tags = inputs.take("tags") or {}
    answer = task.send(
        "route53",
        "CreateHealthCheck",
        {"healthCheckConfig": inputs.rest()},
        {
            "fqdn": "FullyQualifiedDomainName",
            "enableSni": "EnableSNI",
            "invertHealthcheck": "Inverted",
            "childHealthchecks": "ChildHealthChecks",
            "childHealthThreshold": "HealthThreshold",
        },
        CallerReference=reference,
    )["HealthCheck"]
    if tags:
        pairs = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
        task.call(
            "route53",
            "ChangeTagsForResource",
            ResourceType="healthcheck",
            ResourceId=answer["Id"],
            AddTags=pairs,
        )
    return Created(answer["Id"], {"arn": f"arn:aws:route53:::healthcheck/{answer['Id']}"})


def _verify_health_check(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """What it looks at, how often, and which way round."""
    answer = reader.read("route53", "GetHealthCheck", HealthCheckId=identifier)
    actual = answer["HealthCheck"]["HealthCheckConfig"]
    yield "type", inputs["type"], actual["Type"]
    for subject, key, member in (
        ("name", "fqdn", "FullyQualifiedDomainName"),
        ("path", "resourcePath", "ResourcePath"),
        ("interval", "requestInterval", "RequestInterval"),
        ("failures", "failureThreshold", "FailureThreshold"),
        ("needed", "childHealthThreshold", "HealthThreshold"),
        ("inverted", "invertHealthcheck", "Inverted"),
    ):
        if inputs.get(key) is not None:
            yield subject, inputs[key], actual.get(member, NOT_SHOWN)
    if inputs.get("childHealthchecks"):
        yield "of", sorted(inputs["childHealthchecks"]), sorted(actual.get("ChildHealthChecks", []))


def _health_check(resource: RecordedResource, _plan: RecordedPlan) -> Counted:
    yield "route53:health-check", fixed(1)
    if str(resource.inputs["type"]).startswith("HTTPS"):
        yield "route53:health-check-https", fixed(1)


def _invented_record(registration: Registration) -> Computed:
    name, zone = registration.text("name"), registration.text("zoneId")
    record_id = f"{zone}_{name}_{registration.text('type')}"
    return Computed(record_id, {"fqdn": name.rstrip(".")})


def _create_record(task: Task, inputs: Inputs) -> Created:
    zone_id, name, kind = inputs.take("zoneId"), inputs.take("name"), inputs.take("type")
    action = "UPSERT" if inputs.take("allowOverwrite") else "CREATE"
    aliases = inputs.take("aliases") or []
    values = inputs.take("records") or []
    failover = inputs.take("failoverRoutingPolicies") or []
    content: dict[str, Any] = {"name": name, "type": kind} | inputs.rest()
    if failover:
        content["failover"] = failover[0]["type"]
    if aliases:
        content["aliasTarget"] = {
            "hostedZoneId": aliases[0]["zoneId"],
            "dNSName": aliases[0]["name"],
            "evaluateTargetHealth": aliases[0]["evaluateTargetHealth"],
        }
    if values:
        content["resourceRecords"] = [{"value": value} for value in values]
    change = {"action": action, "resourceRecordSet": content}
    task.send(
        "route53",
        "ChangeResourceRecordSets",
        {"changeBatch": {"changes": [change]}},
        {"ttl": "TTL"},
        HostedZoneId=zone_id,
    )
    return Created(f"{zone_id}_{name}_{kind}", {"fqdn": str(name).rstrip(".")})


def _verify_record(
    reader: Reader, _: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """What a name answers: its values, or the alias that it stands for, and of which two sites."""
    name = f"{str(inputs['name']).rstrip('.')}."
    listed = reader.read("route53", "ListResourceRecordSets", HostedZoneId=inputs["zoneId"])
    of_name = [s for s in listed["ResourceRecordSets"] if s["Name"] == name]
    of_set = [s for s in of_name if s.get("SetIdentifier") == inputs.get("setIdentifier")]
    actual = next((s for s in of_set if s["Type"] == inputs["type"]), None)
    if actual is None:
        raise RequestError(f"there is no {inputs['type']} record {name}")
    if inputs.get("aliases"):
        wanted = f"{str(inputs['aliases'][0]['name']).rstrip('.')}."
        target = actual.get("AliasTarget", {}).get("DNSName", "")
        yield "alias of", wanted, f"{target.rstrip('.')}."
    if inputs.get("failoverRoutingPolicies"):
        yield "failover", inputs["failoverRoutingPolicies"][0]["type"], actual.get("Failover")
        yield "health check", inputs.get("healthCheckId"), actual.get("HealthCheckId")
    if not inputs.get("aliases"):
        values = [value["Value"] for value in actual.get("ResourceRecords", [])]
        yield "values", sorted(inputs["records"]), sorted(values)


def _invented_zone(registration: Registration) -> Computed:
    zone = f"Z{registration.letters(20)}"
    servers = [
        f"ns-{number}.awsdns-{number % 64:02d}.{top}"
        for number, top in ((512, "net"), (1024, "org"), (1536, "co.uk"), (0, "com"))
    ]
    arn = f"arn:aws:route53:::hostedzone/{zone}"
    outputs = {"zoneId": zone, "arn": arn, "nameServers": servers, "primaryNameServer": servers[0]}
    return Computed(zone, outputs)


def _create_zone(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name")
    inputs.drop("forceDestroy")
    tags = inputs.take("tags") or {}
    comment = inputs.take("comment") or "Managed by Pulumi"
    answer = task.send(
        "route53",
        "CreateHostedZone",
        inputs.rest(),
        Name=name,
        CallerReference=task.urn[-128:],
        HostedZoneConfig={"Comment": comment},
    )
    identifier = answer["HostedZone"]["Id"].removeprefix("/hostedzone/")
    if tags:
        pairs = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
        task.call(
            "route53",
            "ChangeTagsForResource",
            ResourceType="hostedzone",
            ResourceId=identifier,
            AddTags=pairs,
        )
    servers = answer["DelegationSet"]["NameServers"]
    known = {"zoneId": identifier, "arn": f"arn:aws:route53:::hostedzone/{identifier}"}
    return Created(identifier, known | {"nameServers": servers, "primaryNameServer": servers[0]})


CARDS = (
    Card(
        type="aws:route53/healthCheck:HealthCheck",
        computed=_invented_health_check,
        values=by_model("route53:CreateHealthCheck", "route53:UpdateHealthCheck"),
        lifecycle=Calls(service="route53", create="CreateHealthCheck").lifecycle(
            create=_create_health_check
        ),
        verification=Verification(kind="health check", more=_verify_health_check),
        changes=Changes(
            source=(provider("route53/health_check.go"),),
            properties={
                "type": REPLACE,
                "requestInterval": REPLACE,
                "referenceName": REPLACE,
                "measureLatency": REPLACE,
                "ipAddress": IN_PLACE,
                "fqdn": IN_PLACE,
            },
        ),
        price=Priced(keys=("route53:health-check",), count=_health_check),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "route53:CreateHealthCheck",
            "route53:ChangeTagsForResource",
        ),
        residency=GLOBAL_SETTINGS,
        control_plane=CONTROL_PLANE,
    ),
    Card(
        type="aws:route53/record:Record",
        computed=_invented_record,
        values=by_model("route53:ChangeResourceRecordSets"),
        lifecycle=Calls(service="route53", create="ChangeResourceRecordSets").lifecycle(
            create=_create_record
        ),
        verification=Verification(kind="record", more=_verify_record),
        changes=Changes(
            source=(provider("route53/record.go"),),
            properties={
                "zoneId": REPLACE,
                "setIdentifier": PropertyRule(
                    effect=REPLACE,
                    outage=(
                        "a simple record becomes one of a failover pair, or back; the name "
                        "has no answer in between, and resolvers may keep that for the zone's "
                        "negative TTL"
                    ),
                ),
                "failoverRoutingPolicies": IN_PLACE,
                "healthCheckId": IN_PLACE,
                "aliases": IN_PLACE,
                "records": IN_PLACE,
                "ttl": IN_PLACE,
            },
        ),
        price=Free(reason="up to 10,000 of a zone cost nothing"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "route53:ChangeResourceRecordSets",
            "route53:GetChange",
        ),
        residency=GLOBAL_SETTINGS,
        control_plane=CONTROL_PLANE,
    ),
    Card(
        type="aws:route53/zone:Zone",
        computed=_invented_zone,
        values=Without("no model enumerates its inputs"),
        lifecycle=Calls(service="route53", create="?").lifecycle(create=_create_zone),
        verification=NOT_COMPARED,
        changes=Changes(
            holds="the domain's names",
            source=(provider("route53/zone.go"),),
            properties={
                "name": REPLACE,
                "delegationSetId": REPLACE,
                "comment": IN_PLACE,
                "vpcs": IN_PLACE,
                "forceDestroy": PropertyRule(
                    to={"false": IN_PLACE},
                    effect=DANGEROUS,
                    why="a deletion would take every record with it",
                ),
                "tags": IN_PLACE,
            },
        ),
        price=Priced(keys=("route53:zone",), count=each("route53:zone")),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "route53:CreateHostedZone",
            "route53:ChangeTagsForResource",
        ),
        residency=GLOBAL_SETTINGS,
        control_plane=CONTROL_PLANE,
    ),
)
