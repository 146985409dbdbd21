"""The security group of a store that one other group's members may reach, on one port."""

from __future__ import annotations

import pulumi_aws as aws
from pulumi import Input, Output, Resource, ResourceOptions


def client_security_group(
    name: str,
    *,
    description: str,
    vpc_id: Input[str],
    clients: Input[str],
    port: int,
    parent: Resource,
) -> Output[str]:
    """Its id. Pods reach PostgreSQL there, and it opens no connection itself."""
    group = aws.ec2.SecurityGroup(
        name, description=description, vpc_id=vpc_id, opts=ResourceOptions(parent=parent)
    )
    aws.vpc.SecurityGroupIngressRule(
        name,
        security_group_id=group.id,
        referenced_security_group_id=clients,
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
        description="PostgreSQL over TLS from pods",
        opts=ResourceOptions(parent=parent),
    )
    return group.id
