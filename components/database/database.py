"""RDS PostgreSQL: the primary, its read replicas, and the secret that says how to reach them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws
import pulumi_random as random
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions

from components.database.events import DatabaseEvents, DatabaseEventsArgs
from components.database.monitoring import DatabaseMonitoring, DatabaseMonitoringArgs
from components.database.source import DatabaseSource, origin_of
from components.identity.encryption import Keys, secret_replicas
from components.network.network import DataNetwork
from components.shared.computed_text import NO_HOST, computed_text
from components.shared.place import Place
from rendering.database.parameters import database_parameters
from rendering.database.replicas import Replica, read_replicas
from scaleplan.layers import ReplicationPlan
from scaleplan.sizes import DatabaseSettings
from scaleplan.windows import DATABASE_BACKUP


def client_security_group(
    name: str,
    *,
    description: str,
    vpc_id: Input[str],
    clients: Input[str],
    port: int,
    parent: Resource,
) -> Output[str]:
    """The id of a group where pods reach PostgreSQL, and which opens no connection itself."""
    group = aws.ec2.SecurityGroup(
        name, description=description, vpc_id=vpc_id, opts=ResourceOptions(parent=parent)
    )
    aws.vpc.SecurityGroupIngressRule(
        name,
        security_group_id=group.id,
        referenced_security_group_id=clients,
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
        description="PostgreSQL over TLS from pods",
        opts=ResourceOptions(parent=parent),
    )
    return group.id


ENGINE = "postgres"
PORT = 5432
DATABASE_NAME = "ros"
USER = "ros"
"""The plan's names, for good: changing either replaces the instance (RDS). The user is the master,
whom only the bootstrap and people in an emergency use; rendering/database/roles.py has the others.
"""

PASSWORD_LENGTH = 32
"""Letters and digits only: RDS refuses `/`, `"` and `@`, and URLs need no escaping."""

STORAGE_TYPE = "gp3"
CERTIFICATE_AUTHORITY = "rds-ca-rsa2048-g1"

SECRET_RECOVERY_DAYS = 30
"""The longest that Secrets Manager allows, where data is protected."""

_PRIMARY = "primary"


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    """Where the database stands and how large it is. Replicas take the place's zones by turns; the
    data key encrypts storage and secret and can't change later, and the secret has a replica in the
    recovery region if there is one."""

    place: Place
    keys: Keys
    network: DataNetwork

    settings: DatabaseSettings
    """The class, storage and its ceiling, the standby, and how many replicas and backups."""

    replication: ReplicationPlan
    """The engine's major version, and PostgreSQL's own numbers of replication."""

    source: DatabaseSource | None = None
    """Where a recovery site's data comes from; None for a database that begins empty."""


class Database(ComponentResource):
    """The primary, a standby where the settings say so, and read replicas with a zone each.

    Replicas are protected like the primary: one may have been promoted in an emergency, and then
    it is the data. Storage only grows, up to its ceiling, and RDS grows it by itself.
    """

    primary_address: Output[str]
    primary_arn: Output[str]
    replica_addresses: list[Output[str]]
    identifiers: list[Output[str]]
    port: int
    database_name: str
    user: str
    password: Output[str]
    secret_arn: Output[str]
    events_topic_arn: Output[str]

    def __init__(self, name: str, args: DatabaseArgs, opts: ResourceOptions | None = None) -> None:
        settings = args.settings
        summary = {
            "instanceClass": settings.instance_class,
            "storageGib": settings.allocated_storage_gib,
            "multiAz": settings.multi_az,
            "readReplicas": settings.read_replicas,
        }
        super().__init__("researchflow:data:Database", name, summary, opts)
        self._name, self._args = name, args
        self._identifier = f"{args.place.prefix}-database"
        self.port, self.database_name, self.user = PORT, DATABASE_NAME, USER
        self.password = self._build_password()
        self._parameter_group_name = self._build_parameter_group()
        self._security_group_id = client_security_group(
            f"{name}-clients",
            description=f"PostgreSQL {self._identifier}: from the cluster only",
            vpc_id=args.network.vpc_id,
            clients=args.network.client_security_group_id,
            port=PORT,
            parent=self,
        )
        replicas = read_replicas(
            self._identifier, args.place.availability_zones, settings.read_replicas
        )
        self._monitoring = DatabaseMonitoring(
            f"{name}-monitoring",
            DatabaseMonitoringArgs(
                place=args.place,
                keys=args.keys,
                instances={
                    _PRIMARY: self._identifier,
                    **{_role_of(replica): replica.identifier for replica in replicas},
                },
            ),
            opts=ResourceOptions(parent=self),
        )
        primary = self._build_primary()
        copies = [self._build_replica(replica, primary) for replica in replicas]
        self.primary_address = computed_text(primary.address, NO_HOST)
        self.primary_arn = computed_text(primary.arn)
        self.replica_addresses = [computed_text(copy.address, NO_HOST) for copy in copies]
        self.identifiers = [instance.identifier for instance in (primary, *copies)]
        self.events_topic_arn = self._build_events([primary, *copies])
        self.secret_arn = self._build_secret()
        self.register_outputs(
            {
                "primaryAddress": self.primary_address,
                "replicaAddresses": self.replica_addresses,
                "secretArn": self.secret_arn,
                "eventsTopicArn": self.events_topic_arn,
            }
        )

    def _build_password(self) -> Output[str]:
        # Not RDS's own managed password: with it, RDS refuses to make read replicas.
        return Output.secret(
            computed_text(
                random.RandomPassword(
                    f"{self._name}-password",
                    length=PASSWORD_LENGTH,
                    special=False,
                    opts=ResourceOptions(parent=self),
                ).result
            )
        )

    def _build_parameter_group(self) -> Output[str]:
        family = f"{ENGINE}{self._args.replication.engine_major_version}"
        return aws.rds.ParameterGroup(
            f"{self._name}-{family}",
            # A prefix, so that the next major version's group can stand beside this one.
            name_prefix=f"{self._identifier}-{family}-",
            family=family,
            description=f"{self._identifier}: replication, TLS, SCRAM, audit, slow statements",
            parameters=[
                aws.rds.ParameterGroupParameterArgs(
                    name=parameter.name,
                    value=parameter.value,
                    apply_method=parameter.apply_method,
                )
                for parameter in database_parameters(self._args.replication)
            ],
            opts=ResourceOptions(parent=self),
        ).name

    def _build_primary(self) -> aws.rds.Instance:
        args, settings = self._args, self._args.settings
        origin = origin_of(args.source)
        # RDS refuses a final snapshot of a replica.
        keeps = args.place.protect and origin.independent
        subnets = aws.rds.SubnetGroup(
            f"{self._name}-subnets",
            name=self._identifier,
            description=f"Data subnets of {self._identifier}",
            subnet_ids=args.network.subnet_ids,
            opts=ResourceOptions(parent=self),
        )
        return aws.rds.Instance(
            f"{self._name}-{_PRIMARY}",
            identifier=self._identifier,
            replicate_source_db=origin.replicate_source_db,
            restore_to_point_in_time=origin.restore_to_point_in_time,
            engine=None if origin.inherits else ENGINE,
            # The major version alone: RDS moves the minor one in the maintenance window.
            engine_version=None if origin.inherits else str(args.replication.engine_major_version),
            auto_minor_version_upgrade=True,
            instance_class=settings.instance_class,
            db_name=None if origin.inherits else DATABASE_NAME,
            username=None if origin.inherits else USER,
            password=self.password if origin.independent else None,
            port=PORT,
            storage_type=STORAGE_TYPE,
            # No ignore_changes: with a ceiling, the provider itself passes over what RDS has added,
            # and a larger figure here must still take effect.
            allocated_storage=None if origin.inherits else settings.allocated_storage_gib,
            max_allocated_storage=settings.max_storage_gib,
            storage_encrypted=True,
            kms_key_id=args.keys.data_arn,
            multi_az=settings.multi_az,
            db_subnet_group_name=subnets.name,
            vpc_security_group_ids=[self._security_group_id],
            publicly_accessible=False,
            parameter_group_name=self._parameter_group_name,
            ca_cert_identifier=CERTIFICATE_AUTHORITY,
            backup_retention_period=settings.backup_retention_days,
            backup_window=DATABASE_BACKUP.times(),
            maintenance_window=origin.maintenance.weekly(),
            copy_tags_to_snapshot=True,
            delete_automated_backups=not args.place.protect,
            deletion_protection=args.place.protect,
            # A stack that is thrown away and made again would find the snapshot's name taken.
            skip_final_snapshot=not keeps,
            final_snapshot_identifier=f"{self._identifier}-final" if keeps else None,
            apply_immediately=False,
            monitoring_interval=self._monitoring.interval_seconds,
            monitoring_role_arn=self._monitoring.role_arn,
            performance_insights_enabled=True,
            performance_insights_kms_key_id=args.keys.data_arn,
            enabled_cloudwatch_logs_exports=list(self._monitoring.log_types),
            opts=ResourceOptions(
                parent=self,
                protect=args.place.protect,
                depends_on=self._monitoring.log_groups[_PRIMARY],
            ),
        )

    def _build_replica(self, replica: Replica, primary: aws.rds.Instance) -> aws.rds.Instance:
        """A replica. Engine, user, database, subnets and key come from the primary: RDS forbids to
        repeat most of them, and a final snapshot of a replica.
        """
        args = self._args
        return aws.rds.Instance(
            f"{self._name}-{_role_of(replica)}",
            identifier=replica.identifier,
            replicate_source_db=primary.identifier,
            availability_zone=replica.availability_zone,
            instance_class=args.settings.instance_class,
            storage_type=STORAGE_TYPE,
            max_allocated_storage=args.settings.max_storage_gib,
            # Not sent to RDS, but left out it would read as a change to false, hence a replacement.
            storage_encrypted=True,
            vpc_security_group_ids=[self._security_group_id],
            publicly_accessible=False,
            parameter_group_name=self._parameter_group_name,
            ca_cert_identifier=CERTIFICATE_AUTHORITY,
            auto_minor_version_upgrade=True,
            # The primary's backups are the data's; a replica's own would be a second copy of them.
            backup_retention_period=0,
            maintenance_window=replica.maintenance_window,
            copy_tags_to_snapshot=True,
            # RDS refuses a final snapshot of a replica.
            skip_final_snapshot=True,
            deletion_protection=args.place.protect,
            apply_immediately=False,
            monitoring_interval=self._monitoring.interval_seconds,
            monitoring_role_arn=self._monitoring.role_arn,
            performance_insights_enabled=True,
            performance_insights_kms_key_id=args.keys.data_arn,
            enabled_cloudwatch_logs_exports=list(self._monitoring.log_types),
            opts=ResourceOptions(
                parent=self,
                protect=args.place.protect,
                depends_on=self._monitoring.log_groups[_role_of(replica)],
            ),
        )

    def _build_events(self, instances: Sequence[aws.rds.Instance]) -> Output[str]:
        return DatabaseEvents(
            f"{self._name}-events",
            DatabaseEventsArgs(
                place=self._args.place,
                instances=[instance.identifier for instance in instances],
                key_arn=self._args.keys.logs_arn,
            ),
            ResourceOptions(parent=self),
        ).topic_arn

    def _build_secret(self) -> Output[str]:
        secret = aws.secretsmanager.Secret(
            f"{self._name}-connection",
            name=f"{self._args.place.prefix}/database",
            description=f"How to reach {self._identifier} as {USER}",
            kms_key_id=self._args.keys.data_arn,
            replicas=secret_replicas(self._args.keys.recovery),
            # Zero where a stack may be thrown away: the name must be free for the next one.
            recovery_window_in_days=SECRET_RECOVERY_DAYS if self._args.place.protect else 0,
            opts=ResourceOptions(parent=self, protect=self._args.place.protect),
        )
        aws.secretsmanager.SecretVersion(
            f"{self._name}-connection",
            secret_id=secret.id,
            secret_string=Output.json_dumps(
                {
                    "engine": ENGINE,
                    "host": self.primary_address,
                    "replicaHosts": self.replica_addresses,
                    "port": PORT,
                    "dbname": DATABASE_NAME,
                    "username": USER,
                    "password": self.password,
                },
                sort_keys=True,
            ),
            opts=ResourceOptions(parent=self),
        )
        return secret.arn


def _role_of(replica: Replica) -> str:
    return f"replica-{replica.key}"
