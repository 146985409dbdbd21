"""Zones, which hold a domain's names."""

from __future__ import annotations

from typing import Any

from rf.aws.route53.changing import CONTROL_PLANE, absolute, as_planned, retag, send_changes
from rf.shared.cards.answers import RequestError
from rf.shared.cards.calls import Calls, change, make, take_away
from rf.shared.cards.card import Card
from rf.shared.cards.changes import DANGEROUS, IN_PLACE, REPLACE, Changes, PropertyRule
from rf.shared.cards.creation import Creation
from rf.shared.cards.lifecycle import MANAGED, Created, Inputs, Reading, Standing, Task
from rf.shared.cards.prices import Priced, each
from rf.shared.cards.residency import GLOBAL_SETTINGS
from rf.shared.cards.source import provider, thread
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, NOT_ENUMERATED, OWN_NAME
from rf.shared.offline.invention import Computed, Registration


def _invented_zone(registration: Registration) -> Computed:
    zone = f"Z{registration.letters(20)}"
    servers = [
        f"ns-{number}.awsdns-{number % 64:02d}.{top}"
        for number, top in ((512, "net"), (1024, "org"), (1536, "co.uk"), (0, "com"))
    ]
    arn = f"arn:aws:route53:::hostedzone/{zone}"
    outputs = {"zoneId": zone, "arn": arn, "nameServers": servers, "primaryNameServer": servers[0]}
    return Computed(zone, outputs)


def _with_first_network(task: Task, inputs: Inputs) -> None:
    """A private zone is made in one network; others are added to it."""
    networks = inputs.take("vpcs") or []
    if networks:
        inputs["vpc"] = networks[0]
    inputs["hostedZoneConfig"] = {"comment": inputs.take("comment")}
    inputs["callerReference"] = task.urn[-128:]


_ZONE = Calls(
    service="route53",
    create="CreateHostedZone",
    read="GetHostedZone",
    delete="DeleteHostedZone",
    described="",
    identifier="HostedZone.Id",
    by={"Id": "{id}"},
    provider_only=("forceDestroy",),
    defaults={"comment": MANAGED},
    prepare=_with_first_network,
    outputs={
        "nameServers": "DelegationSet.NameServers",
        "primaryNameServer": "DelegationSet.NameServers.0",
    },
)

_BATCH = 100
"""Records that one request takes away; Route 53 allows a thousand values."""


def _create_zone(task: Task, inputs: Inputs) -> Created:
    tags, networks = inputs.take("tags"), inputs.get("vpcs") or []
    created = make(_ZONE, task, inputs)
    identifier = created.id.removeprefix("/hostedzone/")
    retag(task, "hostedzone", identifier, {}, tags)
    _set_networks(task, identifier, networks[:1], networks)
    known = {"zoneId": identifier, "arn": f"arn:aws:route53:::hostedzone/{identifier}"}
    return Created(identifier, {**created.outputs, **known})


def _update_zone(task: Task, standing: Standing, inputs: Inputs) -> Created:
    old = standing.inputs
    retag(task, "hostedzone", standing.id, old.get("tags"), inputs.take("tags"))
    _set_networks(task, standing.id, old.get("vpcs") or [], inputs.take("vpcs") or [])
    comment = inputs.take("comment") or MANAGED
    if comment != (old.get("comment") or MANAGED):
        task.call("route53", "UpdateHostedZoneComment", Id=standing.id, Comment=comment)
    return change(_ZONE, task, standing, inputs)


def _set_networks(
    task: Task,
    identifier: str,
    old: list[dict[str, str]],
    wanted: list[dict[str, str]],
) -> None:
    """New ones first: a private zone always has one."""
    for operation, networks in (
        ("AssociateVPCWithHostedZone", [new for new in wanted if new not in old]),
        ("DisassociateVPCFromHostedZone", [gone for gone in old if gone not in wanted]),
    ):
        for network in networks:
            task.send("route53", operation, {"vpc": network}, HostedZoneId=identifier)


def _read_zone(task: Task, standing: Standing) -> Reading | None:
    try:
        answer = task.call("route53", "GetHostedZone", Id=standing.id).data
    except RequestError as error:
        if error.says_gone:
            return None
        raise
    zone = answer["HostedZone"]
    shown: dict[str, Any] = {
        "name": as_planned(zone["Name"], standing.inputs["name"]),
        "comment": zone.get("Config", {}).get("Comment", ""),
        "zoneId": standing.id,
        "nameServers": answer.get("DelegationSet", {}).get("NameServers", []),
    }
    if answer.get("VPCs"):
        shown["vpcs"] = [
            {"vpcId": each["VPCId"], "vpcRegion": each["VPCRegion"]} for each in answer["VPCs"]
        ]
    return Reading(thing=zone, shown=shown)


def _delete_zone(task: Task, standing: Standing) -> None:
    """With every record in it, where the program says so; AWS deletes no other but empty zones."""
    if standing.inputs.get("forceDestroy"):
        _empty_zone(task, standing)
    take_away(_ZONE, task, standing)


def _empty_zone(task: Task, standing: Standing) -> None:
    """Delete all records but the zone's own."""
    own = absolute(standing.inputs["name"])
    while True:
        try:
            answer = task.call("route53", "ListResourceRecordSets", HostedZoneId=standing.id)
        except RequestError as error:
            if error.says_gone:
                return
            raise
        records = [
            each
            for each in answer["ResourceRecordSets"]
            if each["Name"] != own or each["Type"] not in ("NS", "SOA")
        ]
        if not records:
            return
        send_changes(task, standing.id, *(("DELETE", each) for each in records[:_BATCH]))


CARDS = (
    Card(
        type="aws:route53/zone:Zone",
        computed=_invented_zone,
        values=NOT_ENUMERATED,
        lifecycle=_ZONE.lifecycle(
            create=_create_zone, read=_read_zone, update=_update_zone, delete=_delete_zone
        ),
        creation=Creation(
            minutes=0.75,
            source=(
                thread(
                    "hashicorp/terraform-provider-aws#20007",
                    "67 s with its query log and the deletion of both",
                ),
            ),
        ),
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
