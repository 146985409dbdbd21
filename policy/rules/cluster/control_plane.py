"""Rules of the API server of EKS."""

from __future__ import annotations

from collections.abc import Iterator

from ..shared.rule import Resource, Rule, RuleLayer, StackResources
from ..shared.tokens import CLUSTER
from ..shared.values import at, is_true, listed

CONTROL_PLANE_LOGS = ("api", "audit", "authenticator")


def _api_private(resource: Resource, stack: StackResources) -> Iterator[str]:
    vpc = at(resource.inputs, "vpcConfig", {})
    if not is_true(vpc, "endpointPrivateAccess"):
        yield "has no private endpoint"
    if at(vpc, "endpointPublicAccess", True) is not False:
        networks = listed(vpc, "publicAccessCidrs")
        if not networks or "0.0.0.0/0" in networks:
            yield "has an API server that the whole internet reaches"


def _secrets_encrypted(resource: Resource, stack: StackResources) -> Iterator[str]:
    config = at(resource.inputs, "encryptionConfig", {})
    if "secrets" not in listed(config, "resources"):
        yield "keeps Secrets under no key of the stack"


def _control_plane_logs(resource: Resource, stack: StackResources) -> Iterator[str]:
    logged = listed(resource.inputs, "enabledClusterLogTypes")
    missing = [kind for kind in CONTROL_PLANE_LOGS if kind not in logged]
    if missing:
        yield f"logs no {', '.join(missing)}"


def _access_mode(resource: Resource, stack: StackResources) -> Iterator[str]:
    mode = at(resource.inputs, "accessConfig.authenticationMode", "CONFIG_MAP")
    if mode != "API":
        yield f"takes its users from a ConfigMap ({mode})"
    if stack.protects_data and not is_true(resource.inputs, "deletionProtection"):
        yield "can be deleted in the console"


RULES = (
    Rule(
        id="api-server-private",
        layer=RuleLayer.CLUSTER,
        demand="The API server is reached inside the VPC, or from networks that are named.",
        reason="A leaked token opens the cluster from anywhere.",
        source="AWS Security Hub, EKS.1; EKS user guide, Cluster API server endpoint",
        remedy="leave publicApiCidrs empty, or name your networks",
        types=(CLUSTER,),
        check=_api_private,
    ),
    Rule(
        id="cluster-secrets-encrypted",
        layer=RuleLayer.CLUSTER,
        demand="Kubernetes Secrets are encrypted with a key of the stack.",
        reason="They hold every password; who can revoke the key can close them.",
        source="AWS Security Hub, EKS.3; EKS best practices, Data encryption",
        remedy="set encryptionConfig with resources secrets",
        types=(CLUSTER,),
        check=_secrets_encrypted,
    ),
    Rule(
        id="control-plane-logged",
        layer=RuleLayer.CLUSTER,
        demand="The API server logs its calls, who made them and how they were let in.",
        reason="Who read a Secret is seen nowhere else.",
        source="AWS Security Hub, EKS.8; HIPAA Security Rule, 45 CFR 164.312(b)",
        remedy="set enabledClusterLogTypes",
        types=(CLUSTER,),
        check=_control_plane_logs,
    ),
    Rule(
        id="cluster-access-by-api",
        layer=RuleLayer.CLUSTER,
        demand="Access entries alone let people in, and the cluster can't be deleted by a click.",
        reason="The aws-auth ConfigMap is edited by whoever may edit ConfigMaps.",
        source="EKS user guide, Grant IAM users access with access entries; Deletion protection",
        remedy="set authenticationMode API and deletionProtection",
        types=(CLUSTER,),
        check=_access_mode,
    ),
)
