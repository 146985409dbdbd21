"""Internet and NAT gateways with their addresses; flow logs; launch templates."""

# ruff: noqa: D103 - the token above each handler says what it creates

from __future__ import annotations

from rf.shared.sandbox.handlers.network import tag_specifications
from rf.shared.sandbox.registry import Created, Inputs, Task, handles


@handles("aws:ec2/internetGateway:InternetGateway")
def internet_gateway(task: Task, inputs: Inputs) -> Created:
    vpc_id = inputs.take("vpcId")
    tags = tag_specifications("internet-gateway", inputs)
    answer = task.send("ec2", "CreateInternetGateway", inputs.rest(), **tags)["InternetGateway"]
    identifier = answer["InternetGatewayId"]
    if vpc_id:
        task.call("ec2", "AttachInternetGateway", InternetGatewayId=identifier, VpcId=vpc_id)
    return Created(identifier)


@handles("aws:ec2/eip:Eip")
def elastic_ip(task: Task, inputs: Inputs) -> Created:
    tags = tag_specifications("elastic-ip", inputs)
    answer = task.send("ec2", "AllocateAddress", inputs.rest(), **tags)
    known = {"allocationId": answer["AllocationId"], "publicIp": answer["PublicIp"]}
    return Created(answer["AllocationId"], known)


@handles("aws:ec2/natGateway:NatGateway")
def nat_gateway(task: Task, inputs: Inputs) -> Created:
    tags = tag_specifications("natgateway", inputs)
    answer = task.send("ec2", "CreateNatGateway", inputs.rest(), **tags)["NatGateway"]
    return Created(answer["NatGatewayId"])


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
    answer = task.send(
        "ec2",
        "CreateFlowLogs",
        inputs.rest(),
        {"iamRoleArn": "DeliverLogsPermissionArn"},
        ResourceIds=[owner],
        ResourceType=kind,
        **tags,
    )
    return Created(answer["FlowLogIds"][0])


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
