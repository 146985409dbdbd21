"""The VPC: subnets, routes, gateways, endpoints, groups, flow logs and launch templates."""

from __future__ import annotations

from rf.aws.ec2 import flow_logs, gateways, groups, machines, network, routes, tags

CARDS = (
    *network.CARDS,
    *flow_logs.CARDS,
    *tags.CARDS,
    *routes.CARDS,
    *gateways.CARDS,
    *groups.CARDS,
    *machines.CARDS,
)
