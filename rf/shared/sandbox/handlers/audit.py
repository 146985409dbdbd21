"""CloudTrail, GuardDuty, and the documents by which Session Manager opens sessions."""

# ruff: noqa: D103 - the token above each handler says what it creates

from __future__ import annotations

from rf.shared.sandbox.registry import Created, Inputs, Task, handles


@handles("aws:cloudtrail/trail:Trail")
def trail(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 128)
    selectors = inputs.take("advancedEventSelectors")
    logging = inputs.take("enableLogging", True)
    answer = task.send("cloudtrail", "CreateTrail", inputs.rest(), TRAIL_NAMES, Name=name)
    arn = answer["TrailARN"]
    # What the provider calls one resource is three calls: a new trail records nothing yet.
    if selectors:
        task.send(
            "cloudtrail",
            "PutEventSelectors",
            {"advancedEventSelectors": selectors},
            {"starts_withs": "StartsWith", "startsWiths": "StartsWith"},
            TrailName=name,
        )
    if logging:
        task.call("cloudtrail", "StartLogging", Name=name)
    return Created(name, {"name": name, "arn": arn})


TRAIL_NAMES = {"tags": "TagsList", "enableLogFileValidation": "EnableLogFileValidation"}
"""Inputs of a trail that its API calls otherwise."""


@handles("aws:guardduty/detector:Detector")
def detector(task: Task, inputs: Inputs) -> Created:
    answer = task.send("guardduty", "CreateDetector", inputs.rest())
    identifier = answer["DetectorId"]
    arn = f"arn:aws:guardduty:{task.region}:{task.account_id}:detector/{identifier}"
    return Created(identifier, {"arn": arn})


@handles("aws:guardduty/detectorFeature:DetectorFeature")
def detector_feature(task: Task, inputs: Inputs) -> Created:
    detector_id = inputs.take("detectorId")
    name = inputs["name"]
    task.send("guardduty", "UpdateDetector", {"features": [inputs.rest()]}, DetectorId=detector_id)
    return Created(f"{detector_id}/{name}")


@handles("aws:ssm/document:Document")
def document(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 128)
    task.send("ssm", "CreateDocument", inputs.rest(), Name=name)
    arn = f"arn:aws:ssm:{task.region}:{task.account_id}:document/{name}"
    return Created(name, {"name": name, "arn": arn})
