"""Queues, the event rules that fill them (node interruption notices for Karpenter), and brokers."""

# ruff: noqa: D103 - the token above each handler says what it creates

from __future__ import annotations

from typing import Any

from rf.shared.sandbox.registry import Created, Inputs, Task, handles

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


@handles("aws:sqs/queue:Queue")
def queue(task: Task, inputs: Inputs) -> Created:
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


@handles("aws:sqs/queuePolicy:QueuePolicy")
def queue_policy(task: Task, inputs: Inputs) -> Created:
    url = inputs["queueUrl"]
    policy = inputs.take("policy")
    task.send("sqs", "SetQueueAttributes", inputs.rest(), Attributes={"Policy": policy})
    return Created(url)


@handles("aws:cloudwatch/eventRule:EventRule")
def event_rule(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 64)
    inputs.drop("forceDestroy")
    answer = task.send("events", "PutRule", inputs.rest(), Name=name)
    return Created(name, {"arn": answer["RuleArn"], "name": name})


@handles("aws:cloudwatch/eventTarget:EventTarget")
def event_target(task: Task, inputs: Inputs) -> Created:
    rule = inputs.take("rule")
    bus = inputs.take("eventBusName")
    target_id = inputs.take("targetId") or task.auto_name("targetId", 64)
    inputs.drop("forceDestroy")
    target = task.api.fitted("events", "PutTargets", {"targets": [inputs.rest()]})["Targets"][0]
    task.call(
        "events",
        "PutTargets",
        Rule=rule,
        Targets=[target | {"Id": target_id}],
        **({"EventBusName": bus} if bus else {}),
    )
    return Created(f"{rule}-{target_id}", {"targetId": target_id})


@handles("aws:mq/broker:Broker")
def broker(task: Task, inputs: Inputs) -> Created:
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
