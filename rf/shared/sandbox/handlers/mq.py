"""Amazon MQ brokers."""

# ruff: noqa: D103 - the token above each handler says what it creates

from __future__ import annotations

from rf.shared.sandbox.registry import Created, Inputs, Task, handles


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
