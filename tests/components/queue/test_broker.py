"""The broker: three nodes over three zones, private, over TLS, never by accident deleted."""

import re

import pulumi
import pytest

from components.queue.broker import Broker, BrokerArgs
from rf.shared.plan import Secret, reveal
from tests.components.recorded_once import recorded_once
from tests.components.values import data_network, place

BROKER = "aws:mq/broker:Broker"


@pytest.fixture
def broker(build):
    @recorded_once
    def run(*, protect=True):
        def construct(opts):
            args = BrokerArgs(
                place=place(protect=protect),
                network=data_network(
                    subnet_ids=["subnet-a", "subnet-b", "subnet-c"],
                    client_security_group_id="sg-pods",
                ),
                instance_class="mq.m7g.large",
            )
            made = Broker("broker", args, opts)
            pulumi.export("url", made.url)
            pulumi.export("login", made.scaler_login)

        return build(construct)

    return run


def test_it_is_a_cluster_over_the_zones_of_the_data_subnets(broker):
    inputs = broker().inputs(BROKER, "broker-cluster")
    assert (inputs["engineType"], inputs["engineVersion"]) == ("RabbitMQ", "4.2")
    assert inputs["deploymentMode"] == "CLUSTER_MULTI_AZ"
    assert inputs["hostInstanceType"] == "mq.m7g.large"
    assert inputs["subnetIds"] == ["subnet-a", "subnet-b", "subnet-c"]
    assert inputs["publiclyAccessible"] is False
    assert inputs["logs"] == {"general": True}
    # Amazon MQ refuses RabbitMQ 3.13 and newer without it.
    assert inputs["autoMinorVersionUpgrade"] is True


def test_no_key_is_asked_for_because_rabbitmq_takes_none(broker):
    assert "encryptionOptions" not in broker().inputs(BROKER, "broker-cluster")


@pytest.mark.parametrize("protect", [True, False])
def test_protection_and_name_are_the_stacks(broker, protect):
    resource = broker(protect=protect).named(BROKER, "broker-cluster")
    assert resource.protect is protect
    assert resource.inputs["brokerName"] == "researchflow-test-broker"


def test_only_the_cluster_reaches_it_and_only_over_tls(broker):
    (rule,) = broker().of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert (rule.inputs["fromPort"], rule.inputs["toPort"]) == (5671, 5671)
    assert rule.inputs["referencedSecurityGroupId"] == "sg-pods"


def test_applications_and_keda_get_the_login_and_nobody_else_sees_it(broker):
    built = broker()
    (user,) = reveal(built.inputs(BROKER, "broker-cluster")["users"])
    url, login = built.exported["url"], built.exported["login"]
    assert isinstance(url, Secret)
    match = re.fullmatch(r"amqps://researchflow:(\w{32})@(b-\S+\.on\.aws:5671)", reveal(url))
    assert match
    assert match[1] == user["password"]
    assert reveal(login) == {
        "host": f"amqps://{match[2]}",
        "username": "researchflow",
        "password": match[1],
    }
    assert match[1] not in built.plan.to_json()
