"""The broker: a RabbitMQ cluster for the jobs, where the stack asks for one in Redis' place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws
import pulumi_random as random
from pulumi import ComponentResource, Output, ResourceOptions

from components.network.network import DataNetwork
from components.shared.computed_text import computed_text
from components.shared.place import Place
from rendering.shared.connection_urls import with_login
from scaleplan.versions.table import load_versions
from scaleplan.windows import BROKER_MAINTENANCE

ENGINE_VERSION = load_versions().pin("amazonmq-rabbitmq").pinned

AMQPS_PORT = 5671
NODES = 3
"""Of a cluster, one a zone ("Deploying a RabbitMQ broker")."""

USER = "researchflow"
PASSWORD_LENGTH = 32
"""Amazon MQ takes 12 characters or more, and none of `,:=`. Letters and digits only."""


@dataclass(frozen=True, kw_only=True)
class BrokerArgs:
    """Where the broker stands and how large its nodes are."""

    place: Place
    network: DataNetwork

    instance_class: str
    """The Amazon MQ class of the three nodes."""


class Broker(ComponentResource):
    """Three RabbitMQ nodes in three zones, reached over TLS from the cluster's pods alone.

    Encrypted with a key that AWS owns: Amazon MQ takes a customer's key for ActiveMQ only. Its one
    user is made with it; changing that or its password here would replace the broker, and further
    users are made in RabbitMQ itself. Bull, BullMQ and RQ can't use it: they don't speak AMQP.
    """

    url: Output[str]
    scaler_login: dict[str, Output[str]]

    def __init__(self, name: str, args: BrokerArgs, opts: ResourceOptions | None = None) -> None:
        summary = {"instanceClass": args.instance_class, "nodes": NODES, "version": ENGINE_VERSION}
        super().__init__("researchflow:data:Broker", name, summary, opts)
        self._name, self._args = name, args
        password = self._password()
        broker = self._broker(password)
        # A cluster stands behind one load balancer, which is its only endpoint.
        endpoint = broker.instances.apply(_endpoint)
        self.url = Output.all(endpoint=endpoint, password=password).apply(
            lambda facts: with_login(facts["endpoint"], USER, facts["password"])
        )
        self.scaler_login = {
            "host": endpoint,
            "username": Output.from_input(USER),
            "password": password,
        }
        self.register_outputs({"endpoint": endpoint})

    def _password(self) -> Output[str]:
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

    def _broker(self, password: Output[str]) -> aws.mq.Broker:
        args = self._args
        day, time = BROKER_MAINTENANCE.weekday_and_time()
        return aws.mq.Broker(
            f"{self._name}-cluster",
            broker_name=f"{args.place.prefix}-broker",
            engine_type="RabbitMQ",
            engine_version=ENGINE_VERSION,
            host_instance_type=args.instance_class,
            deployment_mode="CLUSTER_MULTI_AZ",
            storage_type="ebs",
            publicly_accessible=False,
            subnet_ids=args.network.subnet_ids,
            security_groups=[self._security_group()],
            authentication_strategy="simple",
            users=[aws.mq.BrokerUserArgs(username=USER, password=password)],
            logs=aws.mq.BrokerLogsArgs(general=True),
            # Amazon MQ demands it from RabbitMQ 3.13 on.
            auto_minor_version_upgrade=True,
            apply_immediately=False,
            maintenance_window_start_time=aws.mq.BrokerMaintenanceWindowStartTimeArgs(
                day_of_week=day, time_of_day=time, time_zone="UTC"
            ),
            opts=ResourceOptions(parent=self, protect=args.place.protect),
        )

    def _security_group(self) -> Output[str]:
        group = aws.ec2.SecurityGroup(
            f"{self._name}-clients",
            description=f"RabbitMQ {self._args.place.prefix}-broker: from the cluster only",
            vpc_id=self._args.network.vpc_id,
            opts=ResourceOptions(parent=self),
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-clients",
            security_group_id=group.id,
            referenced_security_group_id=self._args.network.client_security_group_id,
            ip_protocol="tcp",
            from_port=AMQPS_PORT,
            to_port=AMQPS_PORT,
            description="AMQP over TLS from pods",
            opts=ResourceOptions(parent=self),
        )
        return group.id


def _endpoint(instances: Sequence[aws.mq.outputs.BrokerInstance]) -> str:
    """`amqps://host:5671`; empty where nobody computed it (`computed_text`)."""
    return str((instances[0].endpoints or [])[0]) if instances else ""
