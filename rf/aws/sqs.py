"""Queues, and who may send to them."""

from __future__ import annotations

from typing import Any

from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import Unruled
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.inventing import of_inputs
from rf.shared.cards.lifecycle import Created, Inputs, Task
from rf.shared.cards.prices import Free
from rf.shared.cards.residency import IN_REGION
from rf.shared.cards.values import by_model
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, OWN_NAME, Without
from rf.shared.offline.invention import ACCOUNT_ID, Computed, Registration


def _invented_queue(registration: Registration) -> Computed:
    name = registration.named()
    url = f"https://sqs.{registration.where}.amazonaws.com/{ACCOUNT_ID}/{name}"
    return Computed(url, {"name": name, "url": url, "arn": registration.arn("sqs", name)})


QUEUE_ATTRIBUTES = {
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "delaySeconds": "DelaySeconds",
    "maxMessageSize": "MaximumMessageSize",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "kmsDataKeyReusePeriodSeconds": "KmsDataKeyReusePeriodSeconds",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "fifoQueue": "FifoQueue",
    "policy": "Policy",
    "redrivePolicy": "RedrivePolicy",
}
"""A queue's inputs by the name of the attribute; SQS takes all attributes as text."""


def _create_queue(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 80)
    tags = inputs.take("tags") or {}
    attributes: dict[str, str] = {}
    for key, attribute in QUEUE_ATTRIBUTES.items():
        value: Any = inputs.take(key)
        if value is not None:
            attributes[attribute] = str(value).lower() if isinstance(value, bool) else str(value)
    url = task.send(
        "sqs",
        "CreateQueue",
        inputs.rest(),
        QueueName=name,
        Attributes=attributes,
        **({"tags": tags} if tags else {}),
    )["QueueUrl"]
    arn = f"arn:aws:sqs:{task.region}:{task.account_id}:{name}"
    return Created(url, {"arn": arn, "name": name, "url": url})


def _create_queue_policy(task: Task, inputs: Inputs) -> Created:
    url = inputs["queueUrl"]
    policy = inputs.take("policy")
    task.send("sqs", "SetQueueAttributes", inputs.rest(), Attributes={"Policy": policy})
    return Created(url)


CARDS = (
    Card(
        type="aws:sqs/queue:Queue",
        computed=_invented_queue,
        values=by_model("sqs:CreateQueue"),
        lifecycle=Calls(service="sqs", create="CreateQueue").lifecycle(create=_create_queue),
        verification=NOT_COMPARED,
        changes=Unruled(),
        price=Free(
            reason=(
                "polled every 20 s, 131,400 requests a month, of which the first million are free"
            )
        ),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=(
            "sqs:CreateQueue",
            "sqs:TagQueue",
        ),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
    Card(
        type="aws:sqs/queuePolicy:QueuePolicy",
        computed=of_inputs("queueUrl"),
        values=Without("no model enumerates its inputs"),
        lifecycle=Calls(service="sqs", create="?").lifecycle(create=_create_queue_policy),
        verification=NOT_COMPARED,
        changes=Unruled(),
        price=Free(reason="part of its queue"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("sqs:SetQueueAttributes",),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
)
