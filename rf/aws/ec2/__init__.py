"""The VPC: subnets, routes, gateways, endpoints, groups, flow logs and launch templates."""

from __future__ import annotations

from rf.aws.ec2 import gateways, groups, machines, network, routes

CARDS = (
    *network.CARDS,
    *routes.CARDS,
    *gateways.CARDS,
    *groups.CARDS,
    *machines.CARDS,
)
