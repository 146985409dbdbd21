"""What machines start from."""

from __future__ import annotations

from typing import Any

from rf.aws.ec2.common import TAGGING, arn_of, tagged
from rf.shared.cards.answers import DescribedBy
from rf.shared.cards.calls import Calls, Name, look_up, retag
from rf.shared.cards.card import Card
from rf.shared.cards.changes import IN_PLACE, REPLACE, RESTART, Changes, PropertyRule
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.creation import SECONDS
from rf.shared.cards.inventing import of_ec2
from rf.shared.cards.lifecycle import Created, Inputs, Reading, Standing, Task
from rf.shared.cards.prices import Free
from rf.shared.cards.residency import NO_DATA
from rf.shared.cards.source import guide, provider
from rf.shared.cards.values import by_model
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, OWN_NAME


def _with_data(task: Task, inputs: Inputs) -> None:
    """All but a few of the provider's inputs are what the API calls the template's data."""
    beside = {key: inputs.take(key) for key in ("name", "description")}
    tags = inputs.take("tags")
    data = inputs.rest()
    inputs.update({key: value for key, value in beside.items() if value is not None})
    inputs["tags"] = tags
    tagged("launch-template")(task, inputs)
    inputs["launchTemplateData"] = data


_LAUNCH_TEMPLATE = Calls(
    service="ec2",
    create="CreateLaunchTemplate",
    read="DescribeLaunchTemplates",
    update="CreateLaunchTemplateVersion",
    delete="DeleteLaunchTemplate",
    name=Name(parameter="LaunchTemplateName", limit=125),
    identifier="LaunchTemplateId",
    by={"LaunchTemplateId": "{id}"},
    renames={
        "name": "LaunchTemplateName",
        "description": "VersionDescription",
        "vpcSecurityGroupIds": "SecurityGroupIds",
    },
    provider_only=("updateDefaultVersion", "defaultVersion"),
    prepare=_with_data,
    outputs={
        "arn": arn_of("launch-template"),
        "latestVersion": "LatestVersionNumber",
        "defaultVersion": "DefaultVersionNumber",
    },
    tagging=TAGGING,
)


def _read_launch_template(task: Task, standing: Standing) -> Reading | None:
    """The template, and what its latest version has."""
    reading = look_up(_LAUNCH_TEMPLATE, task, standing)
    if reading is None:
        return None
    versions = "DescribeLaunchTemplateVersions"
    latest = task.call("ec2", versions, LaunchTemplateId=standing.id, Versions=["$Latest"])
    version = latest["LaunchTemplateVersions"][0]
    data = dict(version["LaunchTemplateData"])
    # The emulator puts the template's own tags there too, a kind that EC2 knows none of there.
    data["TagSpecifications"] = [
        each
        for each in data.get("TagSpecifications") or []
        if each["ResourceType"] != "launch-template"
    ]
    found = dict(reading.shown)
    for path, part in (
        ("LaunchTemplateVersions.0", version),
        ("LaunchTemplateVersions.0.LaunchTemplateData", data),
    ):
        answer = DescribedBy("ec2", versions, path)
        found |= task.api.shown(answer, part, standing.inputs, _LAUNCH_TEMPLATE.renames)
    return Reading(thing={**reading.thing, **version}, shown=found)


def _update_launch_template(task: Task, standing: Standing, inputs: Inputs) -> Created:
    """Data never changes: another version has all of it anew, and may become the default one."""
    retag("ec2", TAGGING, task, standing, inputs.take("tags") or {})
    follows, chosen = inputs.take("updateDefaultVersion"), inputs.take("defaultVersion")
    inputs.drop("name")
    outputs = dict(standing.outputs)
    if dict(inputs) != _versioned(standing):
        _with_data(task, inputs)
        answer = task.send(
            "ec2",
            "CreateLaunchTemplateVersion",
            inputs.rest(),
            _LAUNCH_TEMPLATE.renames,
            LaunchTemplateId=standing.id,
        )
        outputs["latestVersion"] = answer["LaunchTemplateVersion"]["VersionNumber"]
    inputs.rest()
    default = outputs["latestVersion"] if follows else chosen
    if default is not None and default != outputs["defaultVersion"]:
        task.call(
            "ec2", "ModifyLaunchTemplate", LaunchTemplateId=standing.id, DefaultVersion=str(default)
        )
        outputs["defaultVersion"] = default
    return Created(standing.id, outputs)


def _versioned(standing: Standing) -> dict[str, Any]:
    """The inputs of which another value makes another version."""
    steering = ("name", "tags", *_LAUNCH_TEMPLATE.provider_only)
    return {
        key: value
        for key, value in standing.inputs.items()
        if key not in steering and value is not None
    }


_NEW_VERSION = PropertyRule(
    effect=RESTART,
    outage="a node group that follows the template replaces its nodes, one after another",
)


CARDS = (
    Card(
        type="aws:ec2/launchTemplate:LaunchTemplate",
        computed=of_ec2("lt", "launch-template"),
        values=by_model("ec2:CreateLaunchTemplate", "ec2:ModifyLaunchTemplate"),
        lifecycle=_LAUNCH_TEMPLATE.lifecycle(
            read=_read_launch_template, update=_update_launch_template
        ),
        creation=SECONDS,
        verification=NOT_COMPARED,
        changes=Changes(
            source=(
                provider("ec2/ec2_launch_template.go"),
                guide("EKS user guide", "Customize managed nodes with launch templates"),
            ),
            properties={
                "name": REPLACE,
                "namePrefix": REPLACE,
                **dict.fromkeys(
                    (
                        "blockDeviceMappings",
                        "metadataOptions",
                        "tagSpecifications",
                        "imageId",
                        "instanceType",
                        "userData",
                        "vpcSecurityGroupIds",
                        "networkInterfaces",
                        "placement",
                        "keyName",
                        "ebsOptimized",
                        "monitoring",
                    ),
                    _NEW_VERSION,
                ),
                "description": IN_PLACE,
                "defaultVersion": IN_PLACE,
                "updateDefaultVersion": IN_PLACE,
            },
        ),
        price=Free(reason="paid as the nodes that start from it"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("ec2:CreateLaunchTemplate",),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
)
