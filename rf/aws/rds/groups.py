"""What instances belong to: subnets, parameters, events, and the copies of their backups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rf.shared.account import usage
from rf.shared.cards.calls import Calls, differing
from rf.shared.cards.card import Card
from rf.shared.cards.changes import IN_PLACE, REPLACE, Changes, PropertyRule, Unruled
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.inventing import named
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Standing, Task
from rf.shared.cards.prices import Free, Priced
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import IN_REGION, NO_DATA
from rf.shared.cards.source import provider
from rf.shared.cards.values import ClosedValues, by_model
from rf.shared.cards.verification import Comparison, Verification
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, OWN_NAME, USAGE, Without
from rf.shared.offline.invention import Computed, Registration

if TYPE_CHECKING:
    from rf.shared.sandbox.reader import Reader

SUBNET_GROUP = "aws:rds/subnetGroup:SubnetGroup"


def _create_event_subscription(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 255)
    topic_arn = inputs.take("snsTopic")
    answer = task.send(
        "rds",
        "CreateEventSubscription",
        inputs.rest(),
        SubscriptionName=name,
        SnsTopicArn=topic_arn,
    )["EventSubscription"]
    return Created(name, {"name": name, "arn": answer.get("EventSubscriptionArn")})


def _verify_event_subscription(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """Of which instances, of what, and whom it tells."""
    actual = reader.one(
        "rds", "DescribeEventSubscriptions", "EventSubscriptionsList", SubscriptionName=identifier
    )
    yield "topic", inputs["snsTopic"], actual["SnsTopicArn"]
    yield "sources", sorted(inputs["sourceIds"]), sorted(actual["SourceIdsList"])
    yield "categories", sorted(inputs["eventCategories"]), sorted(actual["EventCategoriesList"])


def _invented_automated_backups(registration: Registration) -> Computed:
    unique = f"ab-{registration.letters(26).lower()}"
    return Computed(registration.arn("rds", f"auto-backup:{unique}"), {})


def _create_automated_backups(task: Task, inputs: Inputs) -> Created:
    answer = task.send(
        "rds",
        "StartDBInstanceAutomatedBackupsReplication",
        inputs.rest(),
        {"retentionPeriod": "BackupRetentionPeriod", "sourceDbInstanceArn": "SourceDBInstanceArn"},
    )
    invented = str(task.invented.get("id") or task.auto_name())
    described: dict[str, Any] = dict(answer.data.get("DBInstanceAutomatedBackup") or {})
    return Created(described.get("DBInstanceAutomatedBackupsArn") or invented)


def _group_name(task: Task, inputs: Inputs) -> str:
    prefix = inputs.take("namePrefix")
    name = inputs.take("name")
    return name or (f"{prefix}{task.auto_name('', 40)[-7:]}" if prefix else task.auto_name())


PARAMETERS_A_REQUEST = 20
"""What ModifyDBParameterGroup takes at most; stated in its documentation, not in its model."""


def _create_parameter_group(task: Task, inputs: Inputs) -> Created:
    name = _group_name(task, inputs)
    parameters = inputs.take("parameters") or []
    description = inputs.take("description") or "Managed by Pulumi"
    inputs.drop("skipDestroy")
    answer = task.send(
        "rds",
        "CreateDBParameterGroup",
        inputs.rest(),
        {"family": "DBParameterGroupFamily"},
        DBParameterGroupName=name,
        Description=description,
    )["DBParameterGroup"]
    for start in range(0, len(parameters), PARAMETERS_A_REQUEST):
        batch = [
            # The provider's default; AWS has none and refuses a parameter without a method.
            {"applyMethod": "immediate"} | parameter
            for parameter in parameters[start : start + PARAMETERS_A_REQUEST]
        ]
        task.send(
            "rds",
            "ModifyDBParameterGroup",
            {"parameters": batch},
            {"name": "ParameterName", "value": "ParameterValue"},
            DBParameterGroupName=name,
        )
    return Created(name, {"name": name, "arn": answer["DBParameterGroupArn"]})


def _verify_parameter_group(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """Its family, and the value of each parameter the plan sets."""
    group = reader.one(
        "rds", "DescribeDBParameterGroups", "DBParameterGroups", DBParameterGroupName=identifier
    )
    yield "family", inputs["family"], group["DBParameterGroupFamily"]
    rows = reader.read("rds", "DescribeDBParameters", DBParameterGroupName=identifier)["Parameters"]
    values = {row["ParameterName"]: str(row.get("ParameterValue")) for row in rows}
    for parameter in inputs.get("parameters") or []:
        name = parameter["name"]
        yield name, str(parameter["value"]), values.get(name)


def _create_subnet_group(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 255)
    description = inputs.take("description") or "Managed by Pulumi"
    answer = task.send(
        "rds",
        "CreateDBSubnetGroup",
        inputs.rest(),
        DBSubnetGroupName=name,
        DBSubnetGroupDescription=description,
    )["DBSubnetGroup"]
    return Created(name, {"name": name, "arn": answer["DBSubnetGroupArn"]})


def _verify_subnet_group(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """The subnets, and with them the zones, that instances may stand in."""
    group = reader.one(
        "rds", "DescribeDBSubnetGroups", "DBSubnetGroups", DBSubnetGroupName=identifier
    )
    actual = [subnet["SubnetIdentifier"] for subnet in group["Subnets"]]
    yield "subnets", sorted(inputs["subnetIds"]), sorted(actual)


def _update_event_subscription(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """Sources come and go one by one."""
    wanted, known = set(inputs.take("sourceIds") or []), set(standing.inputs.get("sourceIds") or [])
    for operation, sources in (
        ("AddSourceIdentifierToSubscription", wanted - known),
        ("RemoveSourceIdentifierFromSubscription", known - wanted),
    ):
        for source in sorted(sources):
            task.call("rds", operation, SubscriptionName=standing.id, SourceIdentifier=source)
    changed = differing(standing.inputs, inputs.rest(), without=("sourceIds",))
    if changed:
        renames = {"snsTopic": "SnsTopicArn"}
        task.send("rds", "ModifyEventSubscription", changed, renames, SubscriptionName=standing.id)
    return Created(standing.id, standing.outputs)


CARDS = (
    Card(
        type=SUBNET_GROUP,
        computed=named("rds", "subgrp:{}"),
        values=by_model("rds:CreateDBSubnetGroup", "rds:ModifyDBSubnetGroup"),
        lifecycle=Calls(service="rds", create="CreateDBSubnetGroup").lifecycle(
            create=_create_subnet_group
        ),
        verification=Verification(kind="database subnets", more=_verify_subnet_group),
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
        naming=OWN_NAME,
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
        lifecycle=Calls(service="rds", create="CreateDBParameterGroup").lifecycle(
            create=_create_parameter_group
        ),
        verification=Verification(kind="parameter group", more=_verify_parameter_group),
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
        lifecycle=Calls(service="rds", create="CreateEventSubscription").lifecycle(
            create=_create_event_subscription, update=_update_event_subscription
        ),
        verification=Verification(kind="database events", more=_verify_event_subscription),
        changes=Unruled(),
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
        values=Without("no model enumerates its inputs"),
        lifecycle=Calls(service="rds", create="?").lifecycle(create=_create_automated_backups),
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
