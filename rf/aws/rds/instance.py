"""PostgreSQL instances, primaries and read replicas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rf.aws.rds.operations import (
    PRIMARY,
    create_instance,
    delete_instance,
    read_instance,
    update_instance,
)
from rf.shared.account import usage
from rf.shared.account.names import existing, free, of_stack
from rf.shared.cards.card import Card
from rf.shared.cards.changes import (
    DANGEROUS,
    IN_PLACE,
    PROMOTE,
    REFUSED,
    REPLACE,
    RESTART,
    Changes,
    PropertyRule,
)
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import Creation
from rf.shared.cards.lifecycle import Reading
from rf.shared.cards.naming import Answer, Leftover, Naming
from rf.shared.cards.permissions import ServiceLinkedRole
from rf.shared.cards.prices import Counted, Priced, Quantity, fixed
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import IN_REGION
from rf.shared.cards.source import GUIDES_READ, FactSource, guide, provider, thread
from rf.shared.cards.values import ClosedValues
from rf.shared.cards.verification import Verification, always
from rf.shared.offline.invention import Computed, Registration
from rf.shared.plan import RecordedPlan, RecordedResource

if TYPE_CHECKING:
    from rf.shared.account.account import Account
    from rf.shared.account.need import Need
    from rf.shared.account.owned import Owner
    from rf.shared.sandbox.reader import Reader

INSTANCE = "aws:rds/instance:Instance"


def _invented_database(registration: Registration) -> Computed:
    identifier = registration.named("identifier")
    unique = f"db-{registration.letters(26)}"
    port = registration.inputs.get("port", 5432)
    # The part of the host name after the identifier is one for an account and region, not per
    # instance; an invented one per instance keeps two instances apart in the plan as well.
    address = f"{identifier}.c{registration.hex(11)}.{registration.where}.rds.amazonaws.com"
    zone = registration.text("availabilityZone") or f"{registration.where}a"
    return Computed(
        unique,
        {
            "identifier": identifier,
            "resourceId": unique,
            "arn": registration.arn("rds", f"db:{identifier}"),
            "address": address,
            "port": port,
            "endpoint": f"{address}:{port}",
            "availabilityZone": zone,
            "hostedZoneId": "Z2R2ITUGPM61AM",
            "status": "available",
            "engine": registration.text("engine", "postgres"),
        },
    )


def _creation_minutes(inputs: Mapping[str, Any]) -> float:
    if inputs.get("replicateSourceDb"):
        return 10
    return 15 if inputs.get("multiAz") else 7.5


def _source_storage(inputs: Mapping[str, object], plan: RecordedPlan) -> int:
    """A replica begins with its source's storage; the source is named by identifier or ARN."""
    source = str(inputs.get("replicateSourceDb", "")).rsplit(":", 1)[-1]
    for resource in plan.of_type(INSTANCE):
        if resource.inputs.get("identifier") == source:
            return int(resource.inputs.get("allocatedStorage", 0))
    return 0


def _database(resource: RecordedResource, plan: RecordedPlan) -> Counted:
    inputs = resource.inputs
    suffix = "-multi-az" if inputs.get("multiAz") else ""
    yield f"rds{suffix}:{inputs['instanceClass']}", fixed(1)
    allocated = inputs.get("allocatedStorage") or _source_storage(inputs, plan)
    if not allocated:
        return  # as much as its source has, in another plan
    most = inputs.get("maxAllocatedStorage") or allocated
    yield (
        f"rds-storage{suffix}:{inputs['storageType']}",
        Quantity(Decimal(allocated), Decimal(most)),
    )


def _database_state(account: Account, owner: Owner, name: str) -> Answer:
    found = existing(
        account, "rds", "DescribeDBInstances", "DBInstances", DBInstanceIdentifier=name
    )
    return of_stack(owner, found, lambda each: each.get("TagList"))


def _database_gib(need: Need) -> int:
    """Storage of all RDS instances when each has grown to its ceiling."""
    return sum(
        int(each.get("maxAllocatedStorage") or each.get("allocatedStorage") or 0)
        for each in need.inputs(INSTANCE)
    )


_INSTANCE_QUOTAS = (
    Quota(
        service="rds",
        code="L-7B6409FD",
        name="DB instances",
        demand=count_of(INSTANCE),
        used=usage.named("rds", "DescribeDBInstances", "DBInstances", "DBInstanceIdentifier"),
    ),
    Quota(
        service="rds",
        code="L-7ADDB58A",
        name="Total storage for all DB instances, GB",
        demand=_database_gib,
        used=usage.database_gib,
    ),
    Quota(
        service="rds",
        code="L-5BC124EF",
        name="Read replicas per primary",
        demand=lambda need: need.settings.database.read_replicas,
    ),
)


def _snapshot_state(account: Account, name: str) -> Answer:
    return free(
        existing(account, "rds", "DescribeDBSnapshots", "DBSnapshots", DBSnapshotIdentifier=name)
    )


_SNAPSHOT = Leftover(
    title="RDS snapshot",
    key="finalSnapshotIdentifier",
    fix="aws rds copy-db-snapshot it to another name, then aws rds delete-db-snapshot"
    " --db-snapshot-identifier {name}",
    state=_snapshot_state,
)


def _whole_account(reader: Reader) -> Iterator[tuple[str, str, Any, Any]]:
    """As many databases as the plan has."""
    instances = reader.read("rds", "DescribeDBInstances")["DBInstances"]
    yield "database", "instances", len(reader.plan.of_type(INSTANCE)), len(instances)


def _parameter_groups(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any] | None:
    """All that it has: one."""
    if not inputs.get("parameterGroupName"):
        return None
    groups = [group["DBParameterGroupName"] for group in reading.thing["DBParameterGroups"]]
    return [inputs["parameterGroupName"]], groups


def _security_groups(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any] | None:
    if not inputs.get("vpcSecurityGroupIds"):
        return None
    return sorted(inputs["vpcSecurityGroupIds"]), sorted(reading.shown["vpcSecurityGroupIds"])


_SIX_HOURS = "RDS changes no storage again for six hours, and until it is optimized"
_ANOTHER_INSTANCE = (
    "make another instance beside it, smaller or older, and copy the data: pg_dump, or logical"
    " replication from the one that serves",
    "let PgBouncer go over to it, then give the old one up by hand",
)
_MAJOR = PropertyRule(
    effect=REFUSED,
    beside={"allowMajorVersionUpgrade": RESTART},
    outage="minutes without database; pg_upgrade runs, and replicas are made anew or go along",
    why=(
        "RDS refuses another major version unless the request allows it, which the program's never"
        " does; it takes another parameter group, too"
    ),
    way=(
        "rehearse it on a restored snapshot; then by hand, in a window: aws rds"
        " create-blue-green-deployment --target-engine-version N --target-db-parameter-group-name"
        " GROUP, compare, and switch over (or modify-db-instance --allow-major-version-upgrade)",
        "set database.engineVersion to that version, `pulumi refresh`, and see a preview without"
        " a change of the instance",
    ),
    source=(
        guide("RDS user guide", "How to perform a major version upgrade for RDS for PostgreSQL"),
        guide("RDS API reference", "ModifyDBInstance, AllowMajorVersionUpgrade"),
    ),
)


CARDS = (
    Card(
        type=INSTANCE,
        computed=_invented_database,
        values=ClosedValues(
            operations=(
                "rds:CreateDBInstance",
                "rds:ModifyDBInstance",
            ),
            closed={
                "storageType": frozenset({"gp2", "gp3", "io1", "io2", "standard"}),
                "enabledCloudwatchLogsExports": frozenset(
                    {
                        "audit",
                        "error",
                        "general",
                        "iam-db-auth-error",
                        "postgresql",
                        "slowquery",
                        "upgrade",
                    }
                ),
                "networkType": frozenset({"DUAL", "IPV4"}),
            },
            source="RDS API reference, CreateDBInstance",
        ),
        lifecycle=PRIMARY.lifecycle(
            create=create_instance,
            read=read_instance,
            update=update_instance,
            delete=delete_instance,
        ),
        creation=Creation(
            minutes=_creation_minutes,
            source=(
                thread(
                    "hashicorp/terraform#498", "15 to 20 minutes with a standby, 5 to 10 without"
                ),
                FactSource(
                    name="https://000115.awsstudygroup.com/5-scalability/5-5-multiazdbcluster",
                    page="about 10 minutes for a replica",
                    version=GUIDES_READ,
                ),
            ),
        ),
        verification=Verification(
            kind="database",
            rows={
                "status": always("available", "DBInstanceStatus"),
                "class": "instanceClass",
                "engine": "engine",
                "multi-AZ": "multiAz",
                "encrypted": "storageEncrypted",
                "key": "kmsKeyId",
                "storage GiB": "allocatedStorage",
                "storage type": "storageType",
                "public": "publiclyAccessible",
                "backup days": "backupRetentionPeriod",
                "deletion protection": "deletionProtection",
                "database": "dbName",
                "source": "replicateSourceDb",
                "engine version": "engineVersion",
                "parameter group": _parameter_groups,
                "security groups": _security_groups,
            },
            world=_whole_account,
        ),
        changes=Changes(
            holds="the database",
            source=(
                provider("rds/instance.go"),
                guide("RDS user guide", "Settings for DB instances"),
            ),
            properties={
                "allocatedStorage": PropertyRule(
                    up=IN_PLACE,
                    down=REFUSED,
                    why=(
                        "RDS storage never shrinks; after growing it cannot change again for "
                        "six hours"
                    ),
                    again=_SIX_HOURS,
                    way=_ANOTHER_INSTANCE,
                    source=(guide("RDS user guide", "Increasing DB instance storage capacity"),),
                ),
                "maxAllocatedStorage": IN_PLACE,
                **dict.fromkeys(
                    ("storageType", "iops", "storageThroughput"),
                    PropertyRule(
                        effect=IN_PLACE,
                        why="slower while it is converted",
                        again=_SIX_HOURS,
                        source=(
                            guide("RDS user guide", "Increasing DB instance storage capacity"),
                        ),
                    ),
                ),
                "instanceClass": PropertyRule(
                    effect=RESTART,
                    outage=(
                        "with a standby a failover, 60 to 120 s; without one several minutes; "
                        "a replica restarts alone"
                    ),
                    source=(
                        FactSource(
                            name="RDS user guide",
                            page='"Multi-AZ DB instance deployments" and "Modifying a DB instance"',
                            version=GUIDES_READ,
                        ),
                    ),
                ),
                "multiAz": PropertyRule(
                    to={"true": IN_PLACE},
                    effect=DANGEROUS,
                    why=(
                        "without the standby the next restart is an outage of minutes, and a "
                        "lost zone is a restore; adding it interrupts nothing"
                    ),
                    source=(
                        guide(
                            "RDS user guide", "Converting a DB instance to a Multi-AZ deployment"
                        ),
                    ),
                ),
                "engineVersion": PropertyRule(
                    up=RESTART,
                    down=REFUSED,
                    outage="a restart or failover; replicas go first",
                    why="RDS never goes back to an older version",
                    way=_ANOTHER_INSTANCE,
                    major=_MAJOR,
                    source=(guide("RDS user guide", "Upgrading the RDS for PostgreSQL DB engine"),),
                ),
                "parameterGroupName": PropertyRule(
                    effect=RESTART,
                    outage=(
                        "as a change of class; until someone restarts it, the instance keeps "
                        "the old parameters"
                    ),
                    source=(guide("RDS user guide", "Associating a DB parameter group"),),
                ),
                "caCertIdentifier": PropertyRule(
                    effect=RESTART,
                    outage=(
                        "PostgreSQL takes the certificate without one from 16 on where AWS "
                        "says so; plan one"
                    ),
                    source=(guide("RDS user guide", "Rotating your SSL/TLS certificate"),),
                ),
                "port": PropertyRule(
                    effect=RESTART,
                    outage="the instance restarts at once; every client needs the new port",
                ),
                "backupRetentionPeriod": PropertyRule(
                    to={"0": DANGEROUS, "(not set)": DANGEROUS},
                    down=DANGEROUS,
                    effect=IN_PLACE,
                    why=(
                        "older backups are deleted; without automatic ones there is no "
                        "point-in-time recovery, and no "
                        "replica can be made"
                    ),
                ),
                "backupWindow": IN_PLACE,
                "maintenanceWindow": IN_PLACE,
                "applyImmediately": IN_PLACE,
                "autoMinorVersionUpgrade": IN_PLACE,
                "copyTagsToSnapshot": IN_PLACE,
                "enabledCloudwatchLogsExports": PropertyRule(
                    widened=IN_PLACE,
                    effect=DANGEROUS,
                    why="the record of who asked what stays on the instance, and is deleted there",
                ),
                "monitoringInterval": IN_PLACE,
                "monitoringRoleArn": IN_PLACE,
                "performanceInsightsEnabled": IN_PLACE,
                "performanceInsightsRetentionPeriod": IN_PLACE,
                "performanceInsightsKmsKeyId": PropertyRule(
                    effect=REFUSED,
                    why="RDS keeps the first key of Performance Insights",
                    way=(
                        "turn Performance Insights off and deploy: what it has measured is deleted",
                        "turn it on with the new key and deploy",
                    ),
                    source=(guide("RDS user guide", "Turning Performance Insights on and off"),),
                ),
                "vpcSecurityGroupIds": IN_PLACE,
                "tags": IN_PLACE,
                "password": PropertyRule(
                    effect=IN_PLACE, why="open connections stay, new ones need the new password"
                ),
                "finalSnapshotIdentifier": PropertyRule(
                    to={"(not set)": DANGEROUS},
                    effect=IN_PLACE,
                    why="a deletion would leave no snapshot",
                ),
                "allowMajorVersionUpgrade": IN_PLACE,
                "blueGreenUpdate": IN_PLACE,
                "skipFinalSnapshot": PropertyRule(
                    to={"false": IN_PLACE},
                    effect=DANGEROUS,
                    why="a deletion would leave no snapshot",
                ),
                "deleteAutomatedBackups": PropertyRule(
                    to={"false": IN_PLACE},
                    effect=DANGEROUS,
                    why="a deletion would take the backups with it",
                ),
                "deletionProtection": PropertyRule(
                    to={"true": IN_PLACE}, effect=DANGEROUS, why="any deletion would go through"
                ),
                "publiclyAccessible": PropertyRule(
                    to={"false": IN_PLACE},
                    effect=DANGEROUS,
                    why="the database would get a public address",
                ),
                "iamDatabaseAuthenticationEnabled": IN_PLACE,
                "identifier": PropertyRule(
                    effect=DANGEROUS,
                    why=(
                        "renamed in place, but its endpoint moves with the name, and "
                        "replicas, roles, secrets and alarms name it"
                    ),
                    source=(
                        FactSource(
                            name="hashicorp/terraform-provider-aws#32590",
                            page="",
                            version=GUIDES_READ,
                        ),
                    ),
                ),
                "dbSubnetGroupName": PropertyRule(
                    effect=DANGEROUS,
                    why=(
                        "moves the instance into another network, with an outage; refused "
                        "while it is Multi-AZ"
                    ),
                    source=(guide("RDS user guide", "Updating the VPC for a DB instance"),),
                ),
                "availabilityZone": REPLACE,
                "engine": REPLACE,
                "dbName": REPLACE,
                "username": REPLACE,
                "kmsKeyId": REPLACE,
                "storageEncrypted": REPLACE,
                "characterSetName": REPLACE,
                "snapshotIdentifier": REPLACE,
                "restoreToPointInTime": REPLACE,
                "timezone": REPLACE,
                "replicateSourceDb": PropertyRule(
                    to={"(not set)": PROMOTE},
                    effect=REPLACE,
                    why=(
                        "without its source it is promoted, a database of its own that drifts "
                        "apart from then on"
                    ),
                    source=(
                        provider("rds/instance.go"),
                        guide("RDS user guide", "Promoting a read replica"),
                    ),
                ),
            },
        ),
        price=Priced(
            keys=(
                "rds:",
                "rds-multi-az:",
                "rds-storage:",
                "rds-storage-multi-az:",
            ),
            count=_database,
        ),
        quotas=_INSTANCE_QUOTAS,
        naming=Naming(
            title="database", key="identifier", state=_database_state, leftover=_SNAPSHOT
        ),
        permissions=(
            "rds:CreateDBInstance",
            ServiceLinkedRole(principal="rds.amazonaws.com", name="AWSServiceRoleForRDS"),
            "rds:CreateDBInstanceReadReplica",
            "rds:AddTagsToResource",
            "iam:PassRole",
            "kms:CreateGrant",
        ),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
)
