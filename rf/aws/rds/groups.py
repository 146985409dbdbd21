"""What instances belong to: subnets, parameters, events, and the copies of their backups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rf.aws.rds.operations import TAGGING_ALONE
from rf.shared.account import usage
from rf.shared.account.names import existing, of_stack
from rf.shared.cards.calls import Calls, Name, change, look_up, make, take_away
from rf.shared.cards.card import Card
from rf.shared.cards.changes import DANGEROUS, IN_PLACE, REPLACE, Changes, PropertyRule
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import SECONDS, Creation
from rf.shared.cards.inventing import named
from rf.shared.cards.lifecycle import MANAGED, Created, Inputs, Reading, Standing, Task, as_planned
from rf.shared.cards.naming import Answer, Naming
from rf.shared.cards.prices import Free, Priced
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import IN_REGION, NO_DATA
from rf.shared.cards.source import provider
from rf.shared.cards.values import ClosedValues, by_model
from rf.shared.cards.verification import Comparison, Verification, unordered
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, NOT_ENUMERATED, OWN_NAME, USAGE
from rf.shared.offline.invention import Computed, Registration

if TYPE_CHECKING:
    from rf.shared.account.account import Account
    from rf.shared.account.owned import Owner
    from rf.shared.sandbox.reader import Reader

SUBNET_GROUP = "aws:rds/subnetGroup:SubnetGroup"


_PARAMETERS_A_REQUEST = 20
"""What a change of parameters takes at most; stated in its documentation, not in its model."""


_SUBNET_GROUP = Calls(
    service="rds",
    create="CreateDBSubnetGroup",
    read="DescribeDBSubnetGroups",
    update="ModifyDBSubnetGroup",
    delete="DeleteDBSubnetGroup",
    name=Name(parameter="DBSubnetGroupName"),
    renames={"name": "DBSubnetGroupName", "description": "DBSubnetGroupDescription"},
    defaults={"description": MANAGED},
    repeated=("subnetIds",),
    outputs={"arn": "DBSubnetGroupArn"},
    tagging=TAGGING_ALONE,
)


def _read_subnet_group(task: Task, standing: Standing) -> Reading | None:
    """Its subnets too, of which the API tells their zones as well."""
    reading = look_up(_SUBNET_GROUP, task, standing)
    if reading is None:
        return None
    subnets = [subnet["SubnetIdentifier"] for subnet in reading.thing["Subnets"]]
    return reading.showing(standing, subnetIds=as_planned(standing, "subnetIds", subnets))


_PARAMETER_GROUP = Calls(
    service="rds",
    create="CreateDBParameterGroup",
    read="DescribeDBParameterGroups",
    delete="DeleteDBParameterGroup",
    name=Name(parameter="DBParameterGroupName"),
    renames={"name": "DBParameterGroupName", "family": "DBParameterGroupFamily"},
    provider_only=("skipDestroy",),
    defaults={"description": MANAGED},
    outputs={"arn": "DBParameterGroupArn"},
    tagging=TAGGING_ALONE,
)


_PARAMETER = {"name": "ParameterName", "value": "ParameterValue", "applyMethod": "ApplyMethod"}


def _create_parameter_group(task: Task, inputs: Inputs) -> Created:
    """The group, and then its parameters: the API makes it without any."""
    prefix = inputs.take("namePrefix")
    if prefix and not inputs.get("name"):
        inputs["name"] = f"{prefix}{task.auto_name('', 40)[-7:]}"
    parameters = inputs.take("parameters") or []
    created = make(_PARAMETER_GROUP, task, inputs)
    _change_parameters(task, "ModifyDBParameterGroup", created.id, parameters)
    return created


def _change_parameters(
    task: Task, operation: str, group: str, parameters: list[dict[str, str]]
) -> None:
    for start in range(0, len(parameters), _PARAMETERS_A_REQUEST):
        batch = [
            # The provider's default; AWS has none and refuses a parameter without a method.
            {"applyMethod": "immediate"} | parameter
            for parameter in parameters[start : start + _PARAMETERS_A_REQUEST]
        ]
        task.send("rds", operation, {"parameters": batch}, _PARAMETER, DBParameterGroupName=group)


def _read_parameter_group(task: Task, standing: Standing) -> Reading | None:
    """Its parameters too: those that are not its family's."""
    reading = look_up(_PARAMETER_GROUP, task, standing)
    if reading is None:
        return None
    answer = task.call(
        "rds", "DescribeDBParameters", DBParameterGroupName=standing.id, Source="user"
    )
    found = [
        {key: str(each[member]) for key, member in _PARAMETER.items() if member in each}
        for each in answer["Parameters"]
    ]
    return reading.showing(standing, parameters=as_planned(standing, "parameters", found))


def _update_parameter_group(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """Parameters that are left out are set back to their family's."""
    wanted: list[dict[str, str]] = inputs.take("parameters") or []
    known: list[dict[str, str]] = list(standing.inputs.get("parameters") or [])
    names = {each["name"] for each in wanted}
    changed = [each for each in wanted if each not in known]
    dropped = [each for each in known if each["name"] not in names]
    _change_parameters(task, "ModifyDBParameterGroup", standing.id, changed)
    _change_parameters(task, "ResetDBParameterGroup", standing.id, dropped)
    return change(_PARAMETER_GROUP, task, standing, inputs)


def _values_of_parameters(
    _reader: Reader, _identifier: str, inputs: Mapping[str, Any], reading: Reading
) -> Iterator[Comparison]:
    """The value of each parameter that the plan sets."""
    values = {each["name"]: each["value"] for each in reading.shown.get("parameters") or []}
    for parameter in inputs.get("parameters") or []:
        yield parameter["name"], str(parameter["value"]), values.get(parameter["name"])


_EVENT_SUBSCRIPTION = Calls(
    service="rds",
    create="CreateEventSubscription",
    read="DescribeEventSubscriptions",
    update="ModifyEventSubscription",
    delete="DeleteEventSubscription",
    name=Name(parameter="SubscriptionName"),
    renames={"name": "CustSubscriptionId", "snsTopic": "SnsTopicArn"},
    # Categories are those of a type of source, so the API wants both.
    repeated=("sourceType",),
    outputs={"arn": "EventSubscriptionArn"},
    tagging=TAGGING_ALONE,
)


def _update_event_subscription(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """Sources come and go one by one."""
    wanted, known = set(inputs.take("sourceIds") or []), set(standing.inputs.get("sourceIds") or [])
    for operation, sources in (
        ("AddSourceIdentifierToSubscription", wanted - known),
        ("RemoveSourceIdentifierFromSubscription", known - wanted),
    ):
        for source in sorted(sources):
            task.call("rds", operation, SubscriptionName=standing.id, SourceIdentifier=source)
    return change(_EVENT_SUBSCRIPTION, task, standing, inputs)


def _invented_automated_backups(registration: Registration) -> Computed:
    unique = f"ab-{registration.letters(26).lower()}"
    return Computed(registration.arn("rds", f"auto-backup:{unique}"), {})


_AUTOMATED_BACKUPS = Calls(
    service="rds",
    create="StartDBInstanceAutomatedBackupsReplication",
    read="DescribeDBInstanceAutomatedBackups",
    delete="StopDBInstanceAutomatedBackupsReplication",
    identifier="DBInstanceAutomatedBackupsArn",
    by={"DBInstanceAutomatedBackupsArn": "{id}"},
    renames={
        "retentionPeriod": "BackupRetentionPeriod",
        "sourceDbInstanceArn": "SourceDBInstanceArn",
    },
)


def _stop_automated_backups(task: Task, standing: Standing) -> None:
    """By the instance; the copies that there are expire."""
    by_source = replace(_AUTOMATED_BACKUPS, by={"SourceDBInstanceArn": "{sourceDbInstanceArn}"})
    take_away(by_source, task, standing)


def _subnet_group_state(account: Account, owner: Owner, name: str) -> Answer:
    return of_stack(
        owner,
        existing(
            account, "rds", "DescribeDBSubnetGroups", "DBSubnetGroups", DBSubnetGroupName=name
        ),
        lambda each: account.listed(
            "rds", "ListTagsForResource", "TagList", ResourceName=each["DBSubnetGroupArn"]
        ),
    )


CARDS = (
    Card(
        type=SUBNET_GROUP,
        computed=named("rds", "subgrp:{}"),
        values=by_model("rds:CreateDBSubnetGroup", "rds:ModifyDBSubnetGroup"),
        lifecycle=_SUBNET_GROUP.lifecycle(read=_read_subnet_group),
        creation=SECONDS,
        verification=Verification(
            kind="database subnets", rows={"subnets": unordered("subnetIds")}
        ),
        changes=Changes(
            holds="where the database stands",
            source=(provider("rds/subnet_group.go"),),
            properties={
                "name": REPLACE,
                "namePrefix": REPLACE,
                "description": IN_PLACE,
                "subnetIds": IN_PLACE,
                "tags": IN_PLACE,
            },
        ),
        price=Free(reason="costs nothing"),
        quotas=(
            Quota(
                service="rds",
                code="L-48C6BF61",
                name="DB subnet groups",
                demand=count_of(SUBNET_GROUP),
                used=usage.named(
                    "rds", "DescribeDBSubnetGroups", "DBSubnetGroups", "DBSubnetGroupName"
                ),
            ),
        ),
        naming=Naming(title="database subnets", key="name", state=_subnet_group_state),
        permissions=("rds:CreateDBSubnetGroup",),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:rds/parameterGroup:ParameterGroup",
        computed=named("rds", "pg:{}"),
        values=ClosedValues(
            operations=(
                "rds:CreateDBParameterGroup",
                "rds:ModifyDBParameterGroup",
            ),
            closed={"parameters.applyMethod": frozenset({"immediate", "pending-reboot"})},
            source="RDS API reference, ModifyDBParameterGroup; the SDK spells them in lower case",
        ),
        lifecycle=_PARAMETER_GROUP.lifecycle(
            create=_create_parameter_group,
            read=_read_parameter_group,
            update=_update_parameter_group,
        ),
        creation=SECONDS,
        verification=Verification(
            kind="parameter group", rows={"family": "family"}, more=_values_of_parameters
        ),
        changes=Changes(
            source=(provider("rds/parameter_group.go"),),
            properties={
                "name": REPLACE,
                "namePrefix": REPLACE,
                "family": REPLACE,
                "description": REPLACE,
                "parameters": IN_PLACE,
            },
        ),
        price=Free(reason="costs nothing"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "rds:CreateDBParameterGroup",
            "rds:ModifyDBParameterGroup",
        ),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:rds/eventSubscription:EventSubscription",
        computed=named("rds", "es:{}"),
        values=by_model("rds:CreateEventSubscription", "rds:ModifyEventSubscription"),
        lifecycle=_EVENT_SUBSCRIPTION.lifecycle(update=_update_event_subscription),
        creation=Creation(
            minutes=0.75,
            source=(provider("rds/event_subscription.go, which first looks after 30 s"),),
        ),
        verification=Verification(
            kind="database events",
            rows={
                "topic": "snsTopic",
                "sources": unordered("sourceIds"),
                "categories": unordered("eventCategories"),
            },
        ),
        changes=Changes(
            source=(provider("rds/event_subscription.go"),),
            properties={
                "name": REPLACE,
                "namePrefix": REPLACE,
                **dict.fromkeys(
                    (
                        "snsTopic",
                        "sourceIds",
                        "sourceType",
                        "eventCategories",
                    ),
                    IN_PLACE,
                ),
                "enabled": PropertyRule(
                    to={"true": IN_PLACE}, effect=DANGEROUS, why="what it tells of goes unheard"
                ),
            },
        ),
        price=Free(reason="paid as the notifications of its topic"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("rds:CreateEventSubscription",),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication",
        computed=_invented_automated_backups,
        values=NOT_ENUMERATED,
        lifecycle=_AUTOMATED_BACKUPS.lifecycle(delete=_stop_automated_backups),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            holds="the database's backups in the recovery region",
            source=(
                provider(
                    "rds/instance_automated_backups_replication.go (no update; only what follows)"
                ),
            ),
            properties={
                "sourceDbInstanceArn": REPLACE,
                "kmsKeyId": REPLACE,
                "preSignedUrl": REPLACE,
                "region": REPLACE,
                "retentionPeriod": PropertyRule(
                    effect=REPLACE,
                    why="replication is stopped and begun anew, and the copies begin anew with it",
                ),
            },
        ),
        price=Priced(keys=("rds-backup:",), count=USAGE),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "rds:StartDBInstanceAutomatedBackupsReplication",
            "rds:DescribeDBInstanceAutomatedBackups",
            "kms:CreateGrant",
            "kms:DescribeKey",
        ),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
)
