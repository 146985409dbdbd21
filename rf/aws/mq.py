"""RabbitMQ on Amazon MQ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rf.shared.account import usage
from rf.shared.account.names import of_stack, pairs
from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import (
    DANGEROUS,
    IN_PLACE,
    REFUSED,
    REPLACE,
    RESTART,
    Changes,
    PropertyRule,
)
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Task
from rf.shared.cards.naming import Answer, Naming
from rf.shared.cards.prices import Counted, Priced, fixed
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import IN_REGION
from rf.shared.cards.source import guide, provider
from rf.shared.cards.values import ClosedValues
from rf.shared.cards.verification import NOT_SHOWN, Comparison, Verification
from rf.shared.offline.invention import Computed, Registration
from rf.shared.plan import RecordedPlan, RecordedResource

if TYPE_CHECKING:
    from rf.shared.account.account import Account
    from rf.shared.account.owned import Owner
    from rf.shared.sandbox.reader import Reader

BROKER = "aws:mq/broker:Broker"


def _invented_broker(registration: Registration) -> Computed:
    unique = f"b-{registration.uuid()}"
    host = f"{unique}.mq.{registration.where}.on.aws"
    # A RabbitMQ cluster too has one entry: the load balancer before its nodes.
    instance = {
        "consoleUrl": f"https://{host}",
        "endpoints": [f"amqps://{host}:5671"],
        "ipAddress": "",
    }
    name = registration.named("brokerName")
    arn = registration.arn("mq", f"broker:{name}:{unique}")
    return Computed(unique, {"brokerName": name, "arn": arn, "instances": [instance]})


def _create_broker(task: Task, inputs: Inputs) -> Created:
    inputs.drop("applyImmediately")
    engine = inputs.take("engineType").upper()
    # The provider writes these as it likes, the API in capitals alone.
    capitals = {
        key: inputs.take(key).upper()
        for key in ("authenticationStrategy", "storageType")
        if key in inputs
    }
    answer = task.send("mq", "CreateBroker", inputs.rest() | capitals, EngineType=engine)
    described = task.call("mq", "DescribeBroker", BrokerId=answer["BrokerId"])
    instances = [
        {"endpoints": each["Endpoints"], "consoleUrl": each["ConsoleURL"]}
        for each in described["BrokerInstances"]
    ]
    outputs = {"arn": answer["BrokerArn"], "instances": instances}
    return Created(answer["BrokerId"], outputs)


def _verify_broker(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """Engine, class, deployment over zones, and that it is private."""
    actual = reader.read("mq", "DescribeBroker", BrokerId=identifier)
    for subject, key, member in (
        ("version", "engineVersion", "EngineVersion"),
        ("class", "hostInstanceType", "HostInstanceType"),
        ("deployment", "deploymentMode", "DeploymentMode"),
        ("public", "publiclyAccessible", "PubliclyAccessible"),
    ):
        yield subject, inputs[key], actual.get(member, NOT_SHOWN)
    yield "engine", inputs["engineType"].upper(), str(actual["EngineType"]).upper()
    yield "subnets", sorted(inputs["subnetIds"]), sorted(actual["SubnetIds"])
    yield "security groups", inputs["securityGroups"], actual["SecurityGroups"]


def _broker(resource: RecordedResource, _plan: RecordedPlan) -> Counted:
    cluster = resource.inputs.get("deploymentMode") == "CLUSTER_MULTI_AZ"
    yield f"mq:{resource.inputs['hostInstanceType']}", fixed(3 if cluster else 1)


def _broker_state(account: Account, owner: Owner, name: str) -> Answer:
    brokers = account.listed("mq", "ListBrokers", "BrokerSummaries")
    existing = [each for each in brokers if each["BrokerName"] == name]
    return of_stack(
        owner,
        existing,
        lambda each: pairs(
            account.read("mq", "ListTags", ResourceArn=each["BrokerArn"]).get("Tags")
        ),
    )


CARDS = (
    Card(
        type=BROKER,
        computed=_invented_broker,
        values=ClosedValues(
            operations=(
                "mq:CreateBroker",
                "mq:UpdateBroker",
            ),
            closed={
                "engineType": frozenset({"ActiveMQ", "RabbitMQ"}),
                "authenticationStrategy": frozenset({"ldap", "simple"}),
                "storageType": frozenset({"ebs", "efs"}),
            },
            source="pulumi_aws 7.51.1, mq.Broker: any case is taken, AWS answers in this one",
        ),
        lifecycle=Calls(service="mq", create="CreateBroker").lifecycle(create=_create_broker),
        verification=Verification(kind="RabbitMQ", more=_verify_broker),
        changes=Changes(
            holds="jobs",
            source=(provider("mq/broker.go"),),
            properties={
                "hostInstanceType": PropertyRule(
                    effect=RESTART,
                    outage="brokers restart one after another, in the maintenance window",
                    source=(guide("Amazon MQ developer guide", "Editing broker preferences"),),
                ),
                "engineVersion": PropertyRule(
                    up=RESTART, down=REFUSED, outage="brokers restart one after another"
                ),
                "securityGroups": IN_PLACE,
                "maintenanceWindowStartTime": IN_PLACE,
                "autoMinorVersionUpgrade": IN_PLACE,
                "applyImmediately": IN_PLACE,
                "logs": IN_PLACE,
                "tags": IN_PLACE,
                "users": PropertyRule(
                    effect=DANGEROUS,
                    why=(
                        "the provider ignores it on RabbitMQ, so applications would be told a "
                        "password that the broker does not know; change the user in RabbitMQ "
                        "first"
                    ),
                ),
                "authenticationStrategy": DANGEROUS,
                "configuration": PropertyRule(
                    effect=RESTART, outage="brokers restart one after another"
                ),
                "brokerName": REPLACE,
                "deploymentMode": REPLACE,
                "encryptionOptions": REPLACE,
                "engineType": REPLACE,
                "publiclyAccessible": REPLACE,
                "storageType": REPLACE,
                "subnetIds": REPLACE,
            },
        ),
        price=Priced(
            keys=(
                "mq:",
                "mq-storage:",
            ),
            count=_broker,
        ),
        quotas=(
            Quota(
                service="mq",
                code="L-4D525FD5",
                name="Number of brokers, per region",
                demand=count_of(BROKER),
                used=usage.named("mq", "ListBrokers", "BrokerSummaries", "BrokerName"),
            ),
        ),
        naming=Naming(title="broker", key="brokerName", state=_broker_state),
        permissions=(
            "mq:CreateBroker",
            "ec2:CreateNetworkInterface",
            "ec2:CreateNetworkInterfacePermission",
        ),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
)
