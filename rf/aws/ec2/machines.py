"""What machines start from."""

from __future__ import annotations

from rf.aws.ec2.network import tag_specifications
from rf.shared.cards.calls import Calls
from rf.shared.cards.card import Card
from rf.shared.cards.changes import Unruled
from rf.shared.cards.control_plane import REGIONAL
from rf.shared.cards.inventing import of_ec2
from rf.shared.cards.lifecycle import Created, Inputs, Task
from rf.shared.cards.prices import Free
from rf.shared.cards.residency import NO_DATA
from rf.shared.cards.values import by_model
from rf.shared.cards.without import NO_QUOTA, NOT_COMPARED, OWN_NAME


def _create_launch_template(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 125)
    inputs.drop("updateDefaultVersion")
    description = inputs.take("description")
    own_tags = tag_specifications("launch-template", inputs)
    data = inputs.rest()
    renames = {
        "vpcSecurityGroupIds": "SecurityGroupIds",
        "iamInstanceProfile": "IamInstanceProfile",
    }
    shaped = task.api.fitted("ec2", "CreateLaunchTemplate", {"launchTemplateData": data}, renames)[
        "LaunchTemplateData"
    ]
    words = {"VersionDescription": description} if description else {}
    answer = task.call(
        "ec2",
        "CreateLaunchTemplate",
        LaunchTemplateName=name,
        LaunchTemplateData=shaped,
        **words,
        **own_tags,
    )["LaunchTemplate"]
    version = answer["LatestVersionNumber"]
    return Created(
        answer["LaunchTemplateId"],
        {"name": name, "latestVersion": version, "defaultVersion": version},
    )


CARDS = (
    Card(
        type="aws:ec2/launchTemplate:LaunchTemplate",
        computed=of_ec2("lt", "launch-template"),
        values=by_model("ec2:CreateLaunchTemplate", "ec2:ModifyLaunchTemplate"),
        lifecycle=Calls(service="ec2", create="CreateLaunchTemplate").lifecycle(
            create=_create_launch_template
        ),
        verification=NOT_COMPARED,
        changes=Unruled(),
        price=Free(reason="paid as the nodes that start from it"),
        quotas=NO_QUOTA,
        naming=OWN_NAME,
        permissions=("ec2:CreateLaunchTemplate",),
        residency=NO_DATA,
        control_plane=REGIONAL,
    ),
)
