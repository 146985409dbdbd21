"""Queues, and who may send to them."""

from __future__ import annotations

from rf.shared.cards.calls import AS_CREATED, Calls, Name, Tagging, change
from rf.shared.cards.card import Card
from rf.shared.cards.changes import DANGEROUS, IN_PLACE, REPLACE, Changes, PropertyRule
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import SECONDS
from rf.shared.cards.inventing import of_inputs
from rf.shared.cards.lifecycle import Created, Inputs, Standing, Task
from rf.shared.cards.prices import Free
from rf.shared.cards.residency import IN_REGION
from rf.shared.cards.source import guide, provider
from rf.shared.cards.values import by_model
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, NOT_ENUMERATED, OWN_NAME
from rf.shared.offline.invention import ACCOUNT_ID, Computed, Registration


def _invented_queue(registration: Registration) -> Computed:
    name = registration.named()
    url = f"https://sqs.{registration.where}.amazonaws.com/{ACCOUNT_ID}/{name}"
    return Computed(url, {"name": name, "url": url, "arn": registration.arn("sqs", name)})


_QUEUE_ATTRIBUTES = {
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


_DEFAULTS = {
    "messageRetentionSeconds": 345_600,
    "visibilityTimeoutSeconds": 30,
    "receiveWaitTimeSeconds": 0,
    "delaySeconds": 0,
    "maxMessageSize": 1_048_576,
    "kmsDataKeyReusePeriodSeconds": 300,
}
"""What SQS goes by where an attribute is left out; of others it is nothing.
SQS API reference, CreateQueue."""


def _as_attributes(_task: Task, inputs: Inputs) -> None:
    inputs["attributes"] = {
        attribute: inputs.take(key) for key, attribute in _QUEUE_ATTRIBUTES.items() if key in inputs
    }


_QUEUE = Calls(
    service="sqs",
    create="CreateQueue",
    read="GetQueueAttributes",
    update="SetQueueAttributes",
    delete="DeleteQueue",
    name=Name(parameter="QueueName", limit=80),
    identifier="QueueUrl",
    by={"QueueUrl": "{id}"},
    read_by={"QueueUrl": "{id}", "AttributeNames": "All"},
    found="Attributes",
    renames=_QUEUE_ATTRIBUTES | {"arn": "QueueArn"},
    prepare=_as_attributes,
    outputs={"url": "{id}", "arn": "arn:aws:sqs:{region}:{account}:{name}"},
    tagging=Tagging(add="TagQueue", remove="UntagQueue", by="QueueUrl", of="{id}"),
)


def _update_queue(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """An attribute that is left out goes back to what it is by default."""
    for key in _QUEUE_ATTRIBUTES:
        if key in standing.inputs and key not in inputs:
            inputs[key] = _DEFAULTS.get(key, "")
    return change(_QUEUE, task, standing, inputs)


def _as_policy(_task: Task, inputs: Inputs) -> None:
    inputs["attributes"] = {"Policy": inputs.take("policy")}


_QUEUE_POLICY = Calls(
    service="sqs",
    create="SetQueueAttributes",
    read="GetQueueAttributes",
    update=AS_CREATED,
    delete="SetQueueAttributes",
    identifier="{queueUrl}",
    by={"QueueUrl": "{queueUrl}"},
    read_by={"QueueUrl": "{queueUrl}", "AttributeNames": "Policy"},
    found="Attributes",
    gone={"Policy": ""},
    prepare=_as_policy,
    fixed_by_delete={"Attributes": {"Policy": ""}},
)


CARDS = (
    Card(
        type="aws:sqs/queue:Queue",
        computed=_invented_queue,
        values=by_model("sqs:CreateQueue"),
        lifecycle=_QUEUE.lifecycle(update=_update_queue),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            source=(
                provider("sqs/queue.go"),
                guide("SQS developer guide", "Configuring queue parameters"),
            ),
            properties={
                "name": REPLACE,
                "namePrefix": REPLACE,
                "fifoQueue": REPLACE,
                **dict.fromkeys(
                    (
                        "contentBasedDeduplication",
                        "deduplicationScope",
                        "delaySeconds",
                        "fifoThroughputLimit",
                        "kmsDataKeyReusePeriodSeconds",
                        "kmsMasterKeyId",
                        "maxMessageSize",
                        "policy",
                        "receiveWaitTimeSeconds",
                        "redriveAllowPolicy",
                        "redrivePolicy",
                        "visibilityTimeoutSeconds",
                    ),
                    IN_PLACE,
                ),
                "messageRetentionSeconds": PropertyRule(
                    up=IN_PLACE, effect=DANGEROUS, why="messages that are older are deleted"
                ),
                "sqsManagedSseEnabled": PropertyRule(
                    to={"true": IN_PLACE}, effect=DANGEROUS, why="messages lie there unencrypted"
                ),
            },
        ),
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
        values=NOT_ENUMERATED,
        lifecycle=_QUEUE_POLICY.lifecycle(),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            source=(provider("sqs/queue_policy.go"),),
            properties={"queueUrl": REPLACE, "policy": IN_PLACE},
        ),
        price=Free(reason="part of its queue"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("sqs:SetQueueAttributes",),
        residency=IN_REGION,
        control_plane=REGIONAL,
    ),
)
