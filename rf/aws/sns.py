"""Topics, and who may publish to them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rf.shared.account.names import of_stack
from rf.shared.cards.answers import RequestError
from rf.shared.cards.calls import AS_CREATED, Calls, Name, Tagging, change
from rf.shared.cards.card import Card
from rf.shared.cards.changes import IN_PLACE, REPLACE, Changes
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import SECONDS
from rf.shared.cards.inventing import of_inputs
from rf.shared.cards.lifecycle import Created, Inputs, Standing, Task
from rf.shared.cards.naming import Answer, Naming
from rf.shared.cards.prices import Free
from rf.shared.cards.residency import IN_REGION
from rf.shared.cards.source import provider
from rf.shared.cards.values import by_model
from rf.shared.cards.verification import Verification, document, or_none
from rf.shared.cards.without import NO_QUOTA, NOT_ENUMERATED, OWN_NAME
from rf.shared.offline.invention import ACCOUNT_ID, Computed, Registration

if TYPE_CHECKING:
    from rf.shared.account.account import Account
    from rf.shared.account.owned import Owner


def _invented_topic(registration: Registration) -> Computed:
    name = registration.named()
    arn = registration.arn("sns", name)
    return Computed(arn, {"name": name, "arn": arn, "owner": ACCOUNT_ID})


_TOPIC_ATTRIBUTES = {
    "kmsMasterKeyId": "KmsMasterKeyId",
    "displayName": "DisplayName",
    "policy": "Policy",
    "deliveryPolicy": "DeliveryPolicy",
}
"""A topic's inputs by the name of the attribute; SNS takes all attributes as text."""


def _as_attributes(_task: Task, inputs: Inputs) -> None:
    inputs["attributes"] = {
        attribute: inputs.take(key) for key, attribute in _TOPIC_ATTRIBUTES.items() if key in inputs
    }


_TOPIC = Calls(
    service="sns",
    create="CreateTopic",
    read="GetTopicAttributes",
    delete="DeleteTopic",
    name=Name(parameter="Name", limit=256),
    identifier="TopicArn",
    by={"TopicArn": "{id}"},
    found="Attributes",
    renames={"arn": "TopicArn"},
    prepare=_as_attributes,
    outputs={"arn": "TopicArn"},
    tagging=Tagging(add="TagResource", remove="UntagResource", by="ResourceArn"),
)


def _update_topic(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """Attributes change one at a time; one that is left out is emptied."""
    for key, attribute in _TOPIC_ATTRIBUTES.items():
        value = inputs.take(key, "")
        if value != standing.inputs.get(key, ""):
            _set_attribute(task, standing.id, attribute, str(value))
    return change(_TOPIC, task, standing, inputs)


def _set_attribute(task: Task, topic: str, attribute: str, value: str) -> None:
    task.call(
        "sns",
        "SetTopicAttributes",
        TopicArn=topic,
        AttributeName=attribute,
        AttributeValue=value,
    )


_TOPIC_POLICY = Calls(
    service="sns",
    create="SetTopicAttributes",
    read="GetTopicAttributes",
    update=AS_CREATED,
    identifier="{arn}",
    by={"TopicArn": "{arn}"},
    found="Attributes",
    renames={"arn": "TopicArn", "policy": "AttributeValue"},
    fixed={"AttributeName": "Policy"},
)


def _delete_topic_policy(task: Task, standing: Standing) -> None:
    """A topic has a policy always: back to the one that SNS makes it with."""
    try:
        _set_attribute(task, standing.id, "Policy", json.dumps(_default_policy(task, standing.id)))
    except RequestError as error:
        if not error.says_gone:
            raise


def _default_policy(task: Task, topic: str) -> dict[str, Any]:
    """The owner's account may do all of it."""
    allowed = (
        "GetTopicAttributes",
        "SetTopicAttributes",
        "AddPermission",
        "RemovePermission",
        "DeleteTopic",
        "Subscribe",
        "ListSubscriptionsByTopic",
        "Publish",
    )
    return {
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [
            {
                "Sid": "__default_statement_ID",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": [f"SNS:{action}" for action in allowed],
                "Resource": topic,
                "Condition": {"StringEquals": {"AWS:SourceOwner": task.account_id}},
            }
        ],
    }


def _topic_state(account: Account, owner: Owner, name: str) -> Answer:
    """CreateTopic gives one of that name back, whoever made it."""
    topics = account.listed("sns", "ListTopics", "Topics")
    return of_stack(
        owner,
        [each for each in topics if each["TopicArn"].rpartition(":")[2] == name],
        lambda each: account.listed(
            "sns", "ListTagsForResource", "Tags", ResourceArn=each["TopicArn"]
        ),
    )


CARDS = (
    Card(
        type="aws:sns/topic:Topic",
        computed=_invented_topic,
        values=by_model("sns:CreateTopic"),
        lifecycle=_TOPIC.lifecycle(update=_update_topic),
        creation=SECONDS,
        verification=Verification(
            kind="topic", rows={"key": or_none("kmsMasterKeyId", "KmsMasterKeyId")}
        ),
        changes=Changes(
            source=(provider("sns/topic.go"),),
            properties={
                "name": REPLACE,
                "namePrefix": REPLACE,
                "fifoTopic": REPLACE,
                **dict.fromkeys(
                    (
                        "kmsMasterKeyId",
                        "displayName",
                        "deliveryPolicy",
                        "policy",
                        "signatureVersion",
                        "tracingConfig",
                    ),
                    IN_PLACE,
                ),
            },
        ),
        price=Free(reason="a few events a month, of which the first million are free"),
        quotas=NO_QUOTA,
        naming=Naming(title="topic", key="name", state=_topic_state),
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
        values=NOT_ENUMERATED,
        lifecycle=_TOPIC_POLICY.lifecycle(delete=_delete_topic_policy),
        creation=SECONDS,
        verification=Verification(kind="topic policy", rows={"policy": document("policy")}),
        changes=Changes(
            source=(provider("sns/topic_policy.go"),),
            properties={"arn": REPLACE, "policy": IN_PLACE},
        ),
        price=Free(reason="part of its topic"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("sns:SetTopicAttributes",),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
)
