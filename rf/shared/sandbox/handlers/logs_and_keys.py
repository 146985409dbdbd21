"""CloudWatch log groups, delivery of a service's own logs, and KMS keys."""

# ruff: noqa: D103 - the token above each handler says what it creates

from __future__ import annotations

from rf.shared.sandbox.registry import Created, Inputs, Task, handles


@handles("aws:cloudwatch/logGroup:LogGroup")
def log_group(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 512)
    retention = inputs.take("retentionInDays")
    inputs.drop("skipDestroy")
    tags = inputs.take("tags") or {}
    task.send(
        "logs",
        "CreateLogGroup",
        inputs.rest(),
        logGroupName=name,
        **({"tags": tags} if tags else {}),
    )
    if retention:
        task.call("logs", "PutRetentionPolicy", logGroupName=name, retentionInDays=int(retention))
    arn = f"arn:aws:logs:{task.region}:{task.account_id}:log-group:{name}"
    return Created(name, {"arn": arn, "name": name})


@handles("aws:cloudwatch/logResourcePolicy:LogResourcePolicy")
def log_resource_policy(task: Task, inputs: Inputs) -> Created:
    name = inputs["policyName"]
    task.send("logs", "PutResourcePolicy", inputs.rest())
    return Created(name)


@handles("aws:kms/key:Key")
def key(task: Task, inputs: Inputs) -> Created:
    rotates = inputs.take("enableKeyRotation")
    period = inputs.take("rotationPeriodInDays")
    # Bounds what a later deletion may do; the API takes it only then.
    inputs.drop("deletionWindowInDays", "isEnabled")
    tags = inputs.take("tags") or {}
    pairs = [{"TagKey": name, "TagValue": value} for name, value in sorted(tags.items())]
    answer = task.send(
        "kms",
        "CreateKey",
        inputs.rest(),
        {
            "customerMasterKeySpec": "KeySpec",
            "bypassPolicyLockoutSafetyCheck": "BypassPolicyLockoutSafetyCheck",
        },
        **({"Tags": pairs} if pairs else {}),
    )["KeyMetadata"]
    if rotates:
        days = {"RotationPeriodInDays": int(period)} if period else {}
        task.call("kms", "EnableKeyRotation", KeyId=answer["KeyId"], **days)
    return Created(answer["KeyId"], {"arn": answer["Arn"], "keyId": answer["KeyId"]})


@handles("aws:kms/alias:Alias")
def alias(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 250)
    task.send("kms", "CreateAlias", inputs.rest(), AliasName=name)
    arn = f"arn:aws:kms:{task.region}:{task.account_id}:{name}"
    return Created(name, {"arn": arn, "name": name})


@handles("aws:cloudwatch/logDeliverySource:LogDeliverySource")
def source(task: Task, inputs: Inputs) -> Created:
    answer = task.send("logs", "PutDeliverySource", inputs.rest())["deliverySource"]
    return Created(answer["name"], {"arn": answer["arn"], "name": answer["name"]})


@handles("aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination")
def destination(task: Task, inputs: Inputs) -> Created:
    answer = task.send("logs", "PutDeliveryDestination", inputs.rest())["deliveryDestination"]
    return Created(answer["name"], {"arn": answer["arn"], "name": answer["name"]})


@handles("aws:cloudwatch/logDelivery:LogDelivery")
def delivery(task: Task, inputs: Inputs) -> Created:
    answer = task.send("logs", "CreateDelivery", inputs.rest())["delivery"]
    return Created(answer["id"], {"arn": answer["arn"]})
