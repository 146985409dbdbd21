"""Small plans for tests of growth: a few resources, and one thing changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rf.shared.plan_document import PlanDocument, read_document

RDS = "aws:rds/instance:Instance"
REDIS = "aws:elasticache/replicationGroup:ReplicationGroup"
VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
SUBNET_GROUP = "aws:elasticache/subnetGroup:SubnetGroup"
CLUSTER = "aws:eks/cluster:Cluster"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
RELEASE = "kubernetes:helm.sh/v3:Release"
SHARDED_CLUSTER = "kubernetes:stackgres.io/v1alpha1:SGShardedCluster"


def stack_of_claims(prometheus: str, grafana: str = "5Gi") -> dict[str, Any]:
    """Inputs of the monitoring release, with the sizes of Prometheus' and Grafana's claims."""
    template = {"spec": {"resources": {"requests": {"storage": prometheus}}}}
    spec = {"storageSpec": {"volumeClaimTemplate": template}}
    return {
        "values": {
            "prometheus": {"prometheusSpec": spec},
            "grafana": {"persistence": {"size": grafana}},
        }
    }


def urn(token: str, name: str) -> str:
    """The URN of a resource at the stack's root."""
    return f"urn:pulumi:test::researchflow::{token}::{name}"


def resource(
    token: str,
    name: str,
    inputs: Mapping[str, Any],
    *,
    protect: bool = True,
    needs: Mapping[str, Sequence[str]] | None = None,
    aliases: Sequence[str] = (),
    custom: bool = True,
) -> dict[str, Any]:
    """One resource as a printed plan has it; `needs` are URNs by the input that names them."""
    needs = needs or {}
    return {
        "urn": urn(token, name),
        "type": token,
        "name": name,
        "parent": "",
        "custom": custom,
        "provider": "",
        "inputs": dict(inputs),
        "dependencies": sorted({each for urns in needs.values() for each in urns}),
        "propertyDependencies": {key: list(urns) for key, urns in needs.items()},
        "protect": protect,
        "retainOnDelete": False,
        "ignoreChanges": [],
        "aliases": list(aliases),
    }


def plan(*resources: Mapping[str, Any], size: str = "medium") -> PlanDocument:
    """A printed plan of these resources, read back."""
    document = {
        "format": 1,
        "project": "researchflow",
        "stack": "test",
        "size": size,
        "resources": list(resources),
        "outputs": {},
    }
    return read_document(json.dumps(document))
