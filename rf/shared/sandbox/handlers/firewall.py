"""The web firewall of the edge."""

# ruff: noqa: D103 - the token above each handler says what it creates

from __future__ import annotations

from rf.shared.sandbox.registry import Created, Inputs, Task, handles

RENAMES = {
    "cloudwatchMetricsEnabled": "CloudWatchMetricsEnabled",
}


@handles("aws:wafv2/webAcl:WebAcl")
def web_acl(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 128)
    answer = task.send(
        "wafv2",
        "CreateWebACL",
        inputs.rest(),
        RENAMES,
        Name=name,
    )["Summary"]
    return Created(answer["Id"], {"arn": answer["ARN"], "name": name})


@handles("aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration")
def logging(task: Task, inputs: Inputs) -> Created:
    arn = inputs["resourceArn"]
    task.send("wafv2", "PutLoggingConfiguration", {"loggingConfiguration": inputs.rest()})
    return Created(arn)
