"""RabbitMQ on Amazon MQ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rf.shared.account import usage
from rf.shared.account.names import of_stack, pairs
from rf.shared.cards.calls import Calls, Name, Tagging, change, differing, look_up, make
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
from rf.shared.cards.creation import Creation
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Standing, Task
from rf.shared.cards.naming import Answer, Naming
from rf.shared.cards.permissions import ServiceLinkedRole
from rf.shared.cards.prices import Counted, Priced, fixed
from rf.shared.cards.quota import Quota, count_of
from rf.shared.cards.residency import IN_REGION
from rf.shared.cards.source import guide, provider, thread
from rf.shared.cards.values import ClosedValues
from rf.shared.cards.verification import Verification, unordered
from rf.shared.offline.invention import Computed, Registration
from rf.shared.plan import RecordedPlan, RecordedResource

if TYPE_CHECKING:
    from rf.shared.account.account import Account
    from rf.shared.account.owned import Owner

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


_IN_ANY_CASE = ("engineType", "authenticationStrategy", "storageType")
"""What the provider writes as it likes, and the API in capitals alone."""


_RESTARTED_FOR = (
    "authenticationStrategy",
    "configuration",
    "engineVersion",
    "hostInstanceType",
    "logs",
    "securityGroups",
)
"""What brokers take when they restart."""


def _in_capitals(_task: Task, inputs: Inputs) -> None:
    for key in _IN_ANY_CASE:
        if inputs.get(key):
            inputs[key] = inputs[key].upper()


_BROKER = Calls(
    service="mq",
    create="CreateBroker",
    read="DescribeBroker",
    update="UpdateBroker",
    delete="DeleteBroker",
    name=Name(key="brokerName", parameter="BrokerName", limit=50),
    identifier="BrokerId",
    by={"BrokerId": "{id}"},
    found="",
    gone={"BrokerState": "DELETION_IN_PROGRESS"},
    provider_only=("applyImmediately",),
    prepare=_in_capitals,
    outputs={"arn": "BrokerArn"},
    tagging=Tagging(add="CreateTags", remove="DeleteTags", by="ResourceArn"),
)


def _create_broker(task: Task, inputs: Inputs) -> Created:
    """The broker, which then is asked where it listens."""
    created = make(_BROKER, task, inputs)
    described = task.call("mq", "DescribeBroker", BrokerId=created.id)
    instances = [
        {"endpoints": each["Endpoints"], "consoleUrl": each["ConsoleURL"]}
        for each in described["BrokerInstances"]
    ]
    return replace(created, outputs={**created.outputs, "instances": instances})


def _read_broker(task: Task, standing: Standing) -> Reading | None:
    """In the plan's case. RabbitMQ tells nothing of its users: they stay as they were given."""
    reading = look_up(_BROKER, task, standing)
    if reading is None:
        return None
    found = {key: value for key, value in reading.shown.items() if key != "users"}
    for key in _IN_ANY_CASE:
        planned = standing.inputs.get(key)
        if planned and str(found.get(key)).upper() == planned.upper():
            found[key] = planned
    return replace(reading, shown=found)


def _update_broker(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """In place, and at once where the program says so: else in the next maintenance window.

    Users change in RabbitMQ alone; the provider leaves them.
    """
    at_once = bool(inputs.get("applyImmediately"))
    inputs.drop("users")
    changed = differing(standing.inputs, inputs)
    updated = change(_BROKER, task, standing, inputs)
    if at_once and changed.keys() & set(_RESTARTED_FOR):
        task.call("mq", "RebootBroker", BrokerId=standing.id)
    return updated


def _engine(inputs: Mapping[str, Any], reading: Reading) -> tuple[Any, Any]:
    return inputs["engineType"].upper(), str(reading.thing["EngineType"]).upper()


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


_ANOTHER_BROKER = (
    "make another broker beside it, of that version, and let producers go over to it",
    "let the workers drain the old one, then take it away",
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
        lifecycle=_BROKER.lifecycle(
            create=_create_broker, read=_read_broker, update=_update_broker
        ),
        creation=Creation(
            minutes=10,
            source=(
                thread(
                    "hashicorp/terraform-provider-aws#39024",
                    "669 s for a cluster of RabbitMQ, with its deletion",
                ),
            ),
        ),
        verification=Verification(
            kind="RabbitMQ",
            rows={
                "version": "engineVersion",
                "class": "hostInstanceType",
                "deployment": "deploymentMode",
                "public": "publiclyAccessible",
                "engine": _engine,
                "subnets": unordered("subnetIds"),
                "security groups": "securityGroups",
            },
        ),
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
                    up=RESTART,
                    down=REFUSED,
                    outage="brokers restart one after another",
                    why="Amazon MQ never goes back to an older version",
                    way=_ANOTHER_BROKER,
                ),
                "securityGroups": IN_PLACE,
                "maintenanceWindowStartTime": IN_PLACE,
                "autoMinorVersionUpgrade": IN_PLACE,
                "applyImmediately": IN_PLACE,
                "logs": IN_PLACE,
                "dataReplicationMode": DANGEROUS,
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
            ServiceLinkedRole(principal="mq.amazonaws.com", name="AWSServiceRoleForAmazonMQ"),
            "ec2:CreateNetworkInterface",
            "ec2:CreateNetworkInterfacePermission",
        ),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
)
