"""Internet and NAT gateways with their addresses; flow logs; launch templates."""

# ruff: noqa: D103 - the token above each handler says what it creates

from __future__ import annotations

from rf.shared.sandbox.handlers.tagging import tag_specifications
from rf.shared.sandbox.registry import Created, Inputs, Task, handles


@handles("aws:ec2/internetGateway:InternetGateway")
def internet_gateway(task: Task, inputs: Inputs) -> Created:
    vpc_id = inputs.take("vpcId")
    tags = tag_specifications("internet-gateway", inputs)
    made = task.send("ec2", "CreateInternetGateway", inputs.rest(), **tags)["InternetGateway"]
    identifier = made["InternetGatewayId"]
    if vpc_id:
        task.call("ec2", "AttachInternetGateway", InternetGatewayId=identifier, VpcId=vpc_id)
    return Created(identifier)


@handles("aws:ec2/eip:Eip")
def elastic_ip(task: Task, inputs: Inputs) -> Created:
    tags = tag_specifications("elastic-ip", inputs)
    made = task.send("ec2", "AllocateAddress", inputs.rest(), **tags)
    known = {"allocationId": made["AllocationId"], "publicIp": made["PublicIp"]}
    return Created(made["AllocationId"], known)


@handles("aws:ec2/natGateway:NatGateway")
def nat_gateway(task: Task, inputs: Inputs) -> Created:
    tags = tag_specifications("natgateway", inputs)
    made = task.send("ec2", "CreateNatGateway", inputs.rest(), **tags)["NatGateway"]
    return Created(made["NatGatewayId"])


@handles("aws:ec2/flowLog:FlowLog")
def flow_log(task: Task, inputs: Inputs) -> Created:
    owner, kind = next(
        (inputs.take(key), kind)
        for key, kind in (
            ("vpcId", "VPC"),
            ("subnetId", "Subnet"),
            ("eniId", "NetworkInterface"),
        )
        if key in inputs
    )
    tags = tag_specifications("vpc-flow-log", inputs)
    made = task.send(
        "ec2",
        "CreateFlowLogs",
        inputs.rest(),
        {"iamRoleArn": "DeliverLogsPermissionArn"},
        ResourceIds=[owner],
        ResourceType=kind,
        **tags,
    )
    return Created(made["FlowLogIds"][0])


@handles("aws:ec2/launchTemplate:LaunchTemplate")
def launch_template(task: Task, inputs: Inputs) -> Created:
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
    made = task.call(
        "ec2",
        "CreateLaunchTemplate",
        LaunchTemplateName=name,
        LaunchTemplateData=shaped,
        **words,
        **own_tags,
    )["LaunchTemplate"]
    version = made["LatestVersionNumber"]
    return Created(
        made["LaunchTemplateId"],
        {"name": name, "latestVersion": version, "defaultVersion": version},
    )
