"""VPC, subnets, route tables, interface and gateway endpoints, and EC2's tags."""

# ruff: noqa: D103 - the token above each handler says what it creates

from __future__ import annotations

from typing import Any

from rf.shared.sandbox.registry import Created, Inputs, Task, handles


def tag_specifications(kind: str, inputs: Inputs) -> dict[str, Any]:
    """The `TagSpecifications` parameter from the plan's tags; empty when it has none."""
    tags = inputs.take("tags")
    if not tags:
        return {}
    pairs = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": pairs}]}


@handles("aws:ec2/tag:Tag")
def tag(task: Task, inputs: Inputs) -> Created:
    """One tag of a resource that another service made, such as the cluster's security group."""
    owner, key, value = inputs.take("resourceId"), inputs.take("key"), inputs.take("value")
    task.call("ec2", "CreateTags", Resources=[owner], Tags=[{"Key": key, "Value": value}])
    return Created(f"{owner},{key}")


VPC_ATTRIBUTES = {
    "enableDnsSupport": "EnableDnsSupport",
    "enableDnsHostnames": "EnableDnsHostnames",
}
"""Attributes of a VPC that the API changes one at a time, after creation."""

SUBNET_ATTRIBUTES = {
    "mapPublicIpOnLaunch": "MapPublicIpOnLaunch",
    "assignIpv6AddressOnCreation": "AssignIpv6AddressOnCreation",
}


@handles("aws:ec2/vpc:Vpc")
def vpc(task: Task, inputs: Inputs) -> Created:
    attributes = {name: inputs.take(key) for key, name in VPC_ATTRIBUTES.items()}
    tags = tag_specifications("vpc", inputs)
    answer = task.send("ec2", "CreateVpc", inputs.rest(), **tags)["Vpc"]
    for name, value in attributes.items():
        if value is not None:
            task.call(
                "ec2", "ModifyVpcAttribute", VpcId=answer["VpcId"], **{name: {"Value": value}}
            )
    owner = answer.get("OwnerId", task.account_id)
    arn = f"arn:aws:ec2:{task.region}:{owner}:vpc/{answer['VpcId']}"
    tables = _born_with(task, answer["VpcId"])
    return Created(answer["VpcId"], {"arn": arn, "cidrBlock": answer["CidrBlock"]} | tables)


def _born_with(task: Task, vpc_id: str) -> dict[str, str]:
    of_vpc = [
        {"Name": "vpc-id", "Values": [vpc_id]},
        {"Name": "association.main", "Values": ["true"]},
    ]
    tables = task.call("ec2", "DescribeRouteTables", Filters=of_vpc)["RouteTables"]
    groups = task.call(
        "ec2",
        "DescribeSecurityGroups",
        Filters=[of_vpc[0], {"Name": "group-name", "Values": ["default"]}],
    )["SecurityGroups"]
    return {
        "mainRouteTableId": tables[0]["RouteTableId"],
        "defaultSecurityGroupId": groups[0]["GroupId"],
    }


@handles("aws:ec2/subnet:Subnet")
def subnet(task: Task, inputs: Inputs) -> Created:
    attributes = {name: inputs.take(key) for key, name in SUBNET_ATTRIBUTES.items()}
    tags = tag_specifications("subnet", inputs)
    answer = task.send("ec2", "CreateSubnet", inputs.rest(), **tags)["Subnet"]
    for name, value in attributes.items():
        if value is not None:
            task.call(
                "ec2",
                "ModifySubnetAttribute",
                SubnetId=answer["SubnetId"],
                **{name: {"Value": value}},
            )
    known = {"arn": answer["SubnetArn"], "availabilityZone": answer["AvailabilityZone"]}
    return Created(answer["SubnetId"], known)


@handles("aws:ec2/routeTable:RouteTable")
def route_table(task: Task, inputs: Inputs) -> Created:
    tags = tag_specifications("route-table", inputs)
    answer = task.send("ec2", "CreateRouteTable", inputs.rest(), **tags)["RouteTable"]
    return Created(answer["RouteTableId"])


@handles("aws:ec2/route:Route")
def route(task: Task, inputs: Inputs) -> Created:
    table = inputs["routeTableId"]
    destination = inputs.get("destinationCidrBlock") or inputs.get("destinationIpv6CidrBlock")
    task.send("ec2", "CreateRoute", inputs.rest())
    return Created(f"r-{table}-{destination}")


@handles("aws:ec2/routeTableAssociation:RouteTableAssociation")
def route_table_association(task: Task, inputs: Inputs) -> Created:
    answer = task.send("ec2", "AssociateRouteTable", inputs.rest())
    return Created(answer["AssociationId"])


@handles("aws:ec2/vpcEndpoint:VpcEndpoint")
def vpc_endpoint(task: Task, inputs: Inputs) -> Created:
    inputs.drop("autoAccept")
    policy = inputs.take("policy")
    documents = {"PolicyDocument": policy} if policy else {}
    tags = tag_specifications("vpc-endpoint", inputs)
    answer = task.send("ec2", "CreateVpcEndpoint", inputs.rest(), **tags, **documents)[
        "VpcEndpoint"
    ]
    return Created(answer["VpcEndpointId"], {"state": answer.get("State", "available")})
