"""SNS topics and what may publish to them, and RDS's subscriptions that do."""

# ruff: noqa: D103 - the token above each handler says what it creates

from __future__ import annotations

from typing import Any

from rf.shared.sandbox.registry import Created, Inputs, Task, handles

TOPIC_ATTRIBUTES = {
    "kmsMasterKeyId": "KmsMasterKeyId",
    "displayName": "DisplayName",
    "policy": "Policy",
    "deliveryPolicy": "DeliveryPolicy",
}
"""A topic's inputs by the name of the attribute; SNS takes all attributes as text."""


@handles("aws:sns/topic:Topic")
def topic(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 256)
    tags = inputs.take("tags") or {}
    attributes: dict[str, str] = {}
    for key, attribute in TOPIC_ATTRIBUTES.items():
        value: Any = inputs.take(key)
        if value is not None:
            attributes[attribute] = str(value)
    arn = task.send(
        "sns",
        "CreateTopic",
        inputs.rest(),
        Name=name,
        Attributes=attributes,
        Tags=[{"Key": key, "Value": value} for key, value in sorted(tags.items())],
    )["TopicArn"]
    return Created(arn, {"arn": arn, "name": name})


@handles("aws:sns/topicPolicy:TopicPolicy")
def topic_policy(task: Task, inputs: Inputs) -> Created:
    arn, policy = inputs.take("arn"), inputs.take("policy")
    task.send(
        "sns",
        "SetTopicAttributes",
        inputs.rest(),
        TopicArn=arn,
        AttributeName="Policy",
        AttributeValue=policy,
    )
    return Created(arn)


@handles("aws:sns/topicSubscription:TopicSubscription")
def topic_subscription(task: Task, inputs: Inputs) -> Created:
    answer = task.send(
        "sns",
        "Subscribe",
        inputs.rest(),
        {"topic": "TopicArn"},
        ReturnSubscriptionArn=True,
    )
    return Created(answer["SubscriptionArn"], {"arn": answer["SubscriptionArn"]})


@handles("aws:rds/eventSubscription:EventSubscription")
def event_subscription(task: Task, inputs: Inputs) -> Created:
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
