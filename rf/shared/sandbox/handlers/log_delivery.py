"""Delivery of a service's own logs: source, destination, and the pair of both."""

# ruff: noqa: D103 - the token above each handler says what it creates

from __future__ import annotations

from rf.shared.sandbox.registry import Created, Inputs, Task, handles


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
