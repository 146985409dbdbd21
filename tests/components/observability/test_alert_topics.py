"""The topics that people subscribe to: encrypted, closed to others, and reached by mail."""

import json

import pulumi
import pulumi_aws as aws
import pytest

from components.observability.alert_topics import AlertTopics, AlertTopicsArgs
from tests.components.observability.monitored_stores import ACCOUNT, KEY, TOPIC
from tests.components.recorded_once import recorded_once
from tests.components.values import place

SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
POLICY = "aws:sns/topicPolicy:TopicPolicy"
PEOPLE = ("ops@example.com", "night@example.com")


@pytest.fixture
def topics(build):
    @recorded_once
    def run(*, emails=PEOPLE, region=None):
        def construct(opts):
            args = AlertTopicsArgs(
                place=place(account_id=ACCOUNT),
                names=["pages", "tickets", "heartbeat"],
                subscribed=["pages", "tickets"],
                emails=emails,
                key_arn=KEY,
                region=region,
            )
            made = AlertTopics("topics", args, opts)
            aws.rds.EventSubscription("events", sns_topic=made.arns["pages"], opts=opts)
            pulumi.export("arns", made.arns)
            return made

        return build(construct)

    return run


def test_names_stay_so_that_subscriptions_do(topics):
    built = topics()
    assert {each.inputs["name"] for each in built.of_type(TOPIC)} == {
        f"researchflow-test-{name}" for name in ("pages", "tickets", "heartbeat")
    }
    assert set(built.exported["arns"]) == {"pages", "tickets", "heartbeat"}


def test_every_topic_is_encrypted_and_takes_nothing_of_others_or_in_plain_text(topics):
    built = topics()
    assert {each.inputs["kmsMasterKeyId"] for each in built.of_type(TOPIC)} == {KEY}
    policies = built.of_type(POLICY)
    assert len(policies) == 3
    for policy in policies:
        publish, refuse = json.loads(policy.inputs["policy"])["Statement"]
        assert publish["Principal"]["Service"] == [
            "cloudwatch.amazonaws.com",
            "events.rds.amazonaws.com",
        ]
        assert publish["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
        assert publish["Resource"] == policy.inputs["arn"]
        assert refuse["Effect"] == "Deny"
        assert refuse["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_people_hear_of_pages_and_tickets_and_never_of_the_heartbeat(topics):
    built = topics()
    heard = {
        (each.inputs["topic"], each.inputs["endpoint"]) for each in built.of_type(SUBSCRIPTION)
    }
    assert {person for _, person in heard} == set(PEOPLE)
    assert {topic.rpartition("-")[2] for topic, _ in heard} == {"pages", "tickets"}
    assert len(heard) == 4
    assert not topics(emails=()).of_type(SUBSCRIPTION)


def test_whoever_gets_the_address_may_publish_at_once(topics):
    """RDS tries a topic out when it subscribes: its policy must stand by then."""
    built = topics()
    events = built.named("aws:rds/eventSubscription:EventSubscription", "events")
    assert built.named(POLICY, "topics-pages").urn in events.dependencies


def test_topics_of_another_region_stand_there_as_a_whole(topics):
    built = topics(region="us-west-2")
    parts = [each for kind in (TOPIC, POLICY, SUBSCRIPTION) for each in built.of_type(kind)]
    assert len(parts) == 10
    assert {each.inputs["region"] for each in parts} == {"us-west-2"}
