"""Delivery of a service's own logs: source, destination, and the pair of both."""

# ruff: noqa: D103 - the token above each handler says what it creates

from __future__ import annotations

from rf.shared.sandbox.registry import Created, Inputs, Task, handles


@handles("aws:cloudwatch/logDeliverySource:LogDeliverySource")
def source(task: Task, inputs: Inputs) -> Created:
    made = task.send("logs", "PutDeliverySource", inputs.rest())["deliverySource"]
    return Created(made["name"], {"arn": made["arn"], "name": made["name"]})


@handles("aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination")
def destination(task: Task, inputs: Inputs) -> Created:
    made = task.send("logs", "PutDeliveryDestination", inputs.rest())["deliveryDestination"]
    return Created(made["name"], {"arn": made["arn"], "name": made["name"]})


@handles("aws:cloudwatch/logDelivery:LogDelivery")
def delivery(task: Task, inputs: Inputs) -> Created:
    made = task.send("logs", "CreateDelivery", inputs.rest())["delivery"]
    return Created(made["id"], {"arn": made["arn"]})
