"""Topics, and who may publish to them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import Unruled
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.inventing import of_inputs
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Task
from rf.shared.cards.prices import Free
from rf.shared.cards.residency import IN_REGION
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Comparison, Verification
from rf.shared.cards.without import NO_QUOTA, OWN_NAME, Without
from rf.shared.offline.invention import ACCOUNT_ID, Computed, Registration

if TYPE_CHECKING:
    from rf.shared.sandbox.reader import Reader


def _invented_topic(registration: Registration) -> Computed:
    name = registration.named()
    arn = registration.arn("sns", name)
    return Computed(arn, {"name": name, "arn": arn, "owner": ACCOUNT_ID})


TOPIC_ATTRIBUTES = {
    "kmsMasterKeyId": "KmsMasterKeyId",
    "displayName": "DisplayName",
    "policy": "Policy",
    "deliveryPolicy": "DeliveryPolicy",
}
"""A topic's inputs by the name of the attribute; SNS takes all attributes as text."""


def _create_topic(task: Task, inputs: Inputs) -> Created:
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


def _verify_topic(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """What it is encrypted with."""
    answer = reader.read("sns", "GetTopicAttributes", TopicArn=identifier)
    yield "key", inputs.get("kmsMasterKeyId"), answer["Attributes"].get("KmsMasterKeyId")


def _create_topic_policy(task: Task, inputs: Inputs) -> Created:
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


def _verify_topic_policy(
    reader: Reader, identifier: str, inputs: Mapping[str, Any], _reading: Reading
) -> Iterator[Comparison]:
    """Who may publish."""
    answer = reader.read("sns", "GetTopicAttributes", TopicArn=identifier)
    actual = json.loads(answer["Attributes"]["Policy"])
    yield "policy", json.loads(inputs["policy"]), actual


CARDS = (
    Card(
        type="aws:sns/topic:Topic",
        computed=_invented_topic,
        values=by_model("sns:CreateTopic"),
        lifecycle=Calls(service="sns", create="CreateTopic").lifecycle(create=_create_topic),
        verification=Verification(kind="topic", more=_verify_topic),
        changes=Unruled(),
        price=Free(reason="a few events a month, of which the first million are free"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "sns:CreateTopic",
            "sns:SetTopicAttributes",
            "sns:TagResource",
        ),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:sns/topicPolicy:TopicPolicy",
        computed=of_inputs("arn"),
        values=Without("no model enumerates its inputs"),
        lifecycle=Calls(service="sns", create="?").lifecycle(create=_create_topic_policy),
        verification=Verification(kind="topic policy", more=_verify_topic_policy),
        changes=Unruled(),
        price=Free(reason="part of its topic"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("sns:SetTopicAttributes",),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
)
