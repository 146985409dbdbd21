"""Records: what a name answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rf.aws.route53.changing import CONTROL_PLANE, absolute, as_planned, send_changes
from rf.shared.cards.answers import DescribedBy, RequestError
from rf.shared.cards.card import Card
from rf.shared.cards.changes import IN_PLACE, REPLACE, Changes, PropertyRule
from rf.shared.cards.creation import Creation
from rf.shared.cards.lifecycle import Created, Inputs, Lifecycle, Reading, Standing, Task
from rf.shared.cards.prices import Free
from rf.shared.cards.residency import GLOBAL_SETTINGS
from rf.shared.cards.source import provider, thread
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Verification
from rf.shared.cards.without import NO_QUOTA, OWN_NAME
from rf.shared.offline.invention import Computed, Registration


def _invented_record(registration: Registration) -> Computed:
    name, zone = registration.text("name"), registration.text("zoneId")
    record_id = f"{zone}_{name}_{registration.text('type')}"
    return Computed(record_id, {"fqdn": name.rstrip(".")})


def _create_record(task: Task, inputs: Inputs) -> Created:
    zone_id, name, kind = inputs["zoneId"], inputs["name"], inputs["type"]
    action = "UPSERT" if inputs.take("allowOverwrite") else "CREATE"
    inputs.drop("zoneId")
    send_changes(task, zone_id, (action, _record_set(task, inputs.rest())))
    return Created(f"{zone_id}_{name}_{kind}", {"fqdn": str(name).rstrip(".")})


def _update_record(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """Put as it shall be. One of another type or set is another record, which takes the place of
    the old one at once."""
    inputs.drop("allowOverwrite", "zoneId")
    wanted = inputs.rest()
    record = _record_set(task, wanted)
    changes = [("UPSERT", record)]
    if any(wanted.get(key) != standing.inputs.get(key) for key in ("type", "setIdentifier")):
        found = _found_record(task, standing)
        gone = [("DELETE", found)] if found is not None else []
        changes = [*gone, ("CREATE", record)]
    send_changes(task, standing.inputs["zoneId"], *changes)
    return Created(standing.id, standing.outputs)


def _delete_record(task: Task, standing: Standing) -> None:
    """By the record as it stands, which Route 53 wants to be told."""
    found = _found_record(task, standing)
    if found is not None:
        send_changes(task, standing.inputs["zoneId"], ("DELETE", found))


def _record_set(task: Task, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """A record in the API's form."""
    content = dict(inputs)
    failover = content.pop("failoverRoutingPolicies", None) or []
    aliases = content.pop("aliases", None) or []
    values = content.pop("records", None) or []
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
    change = {"changeBatch": {"changes": [{"resourceRecordSet": content}]}}
    fitted = task.api.fitted("route53", "ChangeResourceRecordSets", change)
    return dict(fitted["ChangeBatch"]["Changes"][0]["ResourceRecordSet"])


def _found_record(task: Task, standing: Standing) -> Mapping[str, Any] | None:
    """The API's own description of a record; None where the zone has none, or is gone."""
    inputs = standing.inputs
    name = absolute(inputs["name"])
    try:
        answer = task.call(
            "route53",
            "ListResourceRecordSets",
            HostedZoneId=inputs["zoneId"],
            StartRecordName=name,
            StartRecordType=inputs["type"],
        )
    except RequestError as error:
        if error.says_gone:
            return None
        raise
    wanted = (name, inputs["type"], inputs.get("setIdentifier"))
    for each in answer["ResourceRecordSets"]:
        if (each["Name"], each["Type"], each.get("SetIdentifier")) == wanted:
            return each
    return None


def _read_record(task: Task, standing: Standing) -> Reading | None:
    found = _found_record(task, standing)
    if found is None:
        return None
    planned = standing.inputs
    part = DescribedBy("route53", "ListResourceRecordSets", "ResourceRecordSets.0")
    shown = task.api.shown(part, found, planned)
    shown |= {"zoneId": planned["zoneId"], "name": as_planned(found["Name"], planned["name"])}
    if "Failover" in found:
        shown["failoverRoutingPolicies"] = [{"type": found["Failover"]}]
    if "ResourceRecords" in found:
        shown["records"] = [each["Value"] for each in found["ResourceRecords"]]
    if "AliasTarget" in found:
        target = found["AliasTarget"]
        [alias] = planned.get("aliases") or [{}]
        shown["aliases"] = [
            {
                "evaluateTargetHealth": target["EvaluateTargetHealth"],
                "name": as_planned(target["DNSName"], alias.get("name", "")),
                "zoneId": target["HostedZoneId"],
            }
        ]
    return Reading(thing=found, shown=shown)


def _alias_of(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any] | None:
    if not inputs.get("aliases"):
        return None
    target = reading.thing.get("AliasTarget", {}).get("DNSName", "")
    return absolute(str(inputs["aliases"][0]["name"])), absolute(target)


def _failover(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any] | None:
    """Of which two sites."""
    policies = inputs.get("failoverRoutingPolicies")
    return (policies[0]["type"], reading.thing.get("Failover")) if policies else None


def _switched_by(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any] | None:
    if not inputs.get("failoverRoutingPolicies"):
        return None
    return inputs.get("healthCheckId"), reading.thing.get("HealthCheckId")


def _values(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any] | None:
    if inputs.get("aliases"):
        return None
    found = [value["Value"] for value in reading.thing.get("ResourceRecords", [])]
    return sorted(inputs["records"]), sorted(found)


CARDS = (
    Card(
        type="aws:route53/record:Record",
        computed=_invented_record,
        values=by_model("route53:ChangeResourceRecordSets"),
        lifecycle=Lifecycle(
            create=_create_record,
            read=_read_record,
            update=_update_record,
            delete=_delete_record,
        ),
        creation=Creation(
            minutes=0.75,
            source=(
                thread(
                    "hashicorp/terraform-provider-aws#37510",
                    "183 s with its zone and the deletion of both",
                ),
            ),
        ),
        verification=Verification(
            kind="record",
            rows={
                "alias of": _alias_of,
                "failover": _failover,
                "health check": _switched_by,
                "values": _values,
            },
        ),
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
                "name": REPLACE,
                "type": IN_PLACE,
                "allowOverwrite": IN_PLACE,
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
)
