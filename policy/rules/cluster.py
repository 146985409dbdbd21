"""Rules of EKS, its machines, and what bounds them."""

from __future__ import annotations

from collections.abc import Iterator

from .rule import Layer, Resource, Rule, Stack
from .values import at, is_true, listed

CLUSTER = "aws:eks/cluster:Cluster"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
NODE_CLASS = "kubernetes:karpenter.k8s.aws/v1:EC2NodeClass"
NODE_POOL = "kubernetes:karpenter.sh/v1:NodePool"
NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
RELEASE = "kubernetes:helm.sh/v3:Release"

CONTROL_PLANE_LOGS = ("api", "audit", "authenticator")
LARGEST_GROUP = 30
"""Machines of one managed group at most: the plan's large size needs nine."""


def _api_private(resource: Resource, stack: Stack) -> Iterator[str]:
    vpc = at(resource.inputs, "vpcConfig", {})
    if not is_true(vpc, "endpointPrivateAccess"):
        yield "has no private endpoint"
    if at(vpc, "endpointPublicAccess", True) is not False:
        networks = listed(vpc, "publicAccessCidrs")
        if not networks or "0.0.0.0/0" in networks:
            yield "has an API server that the whole internet reaches"


def _secrets_encrypted(resource: Resource, stack: Stack) -> Iterator[str]:
    config = at(resource.inputs, "encryptionConfig", {})
    if "secrets" not in listed(config, "resources"):
        yield "keeps Secrets under no key of the stack"


def _control_plane_logs(resource: Resource, stack: Stack) -> Iterator[str]:
    found = listed(resource.inputs, "enabledClusterLogTypes")
    missing = [kind for kind in CONTROL_PLANE_LOGS if kind not in found]
    if missing:
        yield f"logs no {', '.join(missing)}"


def _access_mode(resource: Resource, stack: Stack) -> Iterator[str]:
    mode = at(resource.inputs, "accessConfig.authenticationMode", "CONFIG_MAP")
    if mode != "API":
        yield f"takes its users from a ConfigMap ({mode})"
    if stack.protects_data and not is_true(resource.inputs, "deletionProtection"):
        yield "can be deleted in the console"


def _metadata(resource: Resource, stack: Stack) -> Iterator[str]:
    options = at(resource.inputs, "metadataOptions") or at(
        resource.inputs, "spec.metadataOptions", {}
    )
    if at(options, "httpTokens") != "required":
        yield "answers IMDSv1: one forged request of a pod gets the machine's credentials"
    if at(options, "httpPutResponseHopLimit", 2) != 1:
        yield "answers pods: the machine's role is theirs"


def _disks(resource: Resource, stack: Stack) -> Iterator[str]:
    inputs = at(resource.inputs, "spec", resource.inputs)
    mappings = listed(inputs, "blockDeviceMappings")
    if not mappings:
        yield "leaves the disk to the image, unencrypted"
    for each in mappings:
        if not is_true(each, "ebs.encrypted"):
            yield f"{at(each, 'deviceName')} is unencrypted"
        elif not ("kmsKeyId" in each["ebs"] or "kmsKeyID" in each["ebs"]):
            yield f"{at(each, 'deviceName')} is under no key of the stack"


def _image_pinned(resource: Resource, stack: Stack) -> Iterator[str]:
    for term in listed(resource.inputs, "spec.amiSelectorTerms"):
        if str(at(term, "alias", "")).endswith("@latest"):
            yield "takes the newest image: machines change under the pods, unreviewed"


def _pool_limited(resource: Resource, stack: Stack) -> Iterator[str]:
    for key in ("cpu", "memory"):
        if not at(resource.inputs, f"spec.limits.{key}"):
            yield f"may grow without a limit of {key}"


def _group_limited(resource: Resource, stack: Stack) -> Iterator[str]:
    most = at(resource.inputs, "scalingConfig.maxSize", 0)
    if not 0 < most <= LARGEST_GROUP:
        yield f"may have {most} machines"


def _releases_pinned(resource: Resource, stack: Stack) -> Iterator[str]:
    version = str(at(resource.inputs, "version", ""))
    if not version or any(mark in version for mark in "*^~><x"):
        yield f"is of version {version or 'whatever is newest'}"
    repository = str(at(resource.inputs, "repositoryOpts.repo", ""))
    if repository.startswith("http://"):
        yield "comes over HTTP"


def _chart_privileged(resource: Resource, stack: Stack) -> Iterator[str]:
    for path, value in _switches(at(resource.inputs, "values", {})):
        yield f"values.{path} is {value}"


def _switches(values: object, path: str = "") -> Iterator[tuple[str, object]]:
    powers = {"privileged", "hostNetwork", "hostPID", "hostIPC", "allowPrivilegeEscalation"}
    if isinstance(values, dict):
        for key, value in values.items():
            below = f"{path}.{key}" if path else str(key)
            if key in powers and value is True:
                yield below, value
            yield from _switches(value, below)
    elif isinstance(values, list | tuple):
        for index, value in enumerate(values):
            yield from _switches(value, f"{path}[{index}]")


RULES = (
    Rule(
        id="api-server-private",
        layer=Layer.CLUSTER,
        demand="The API server is reached inside the VPC, or from networks that are named.",
        reason="A leaked token opens the cluster from anywhere.",
        source="AWS Security Hub, EKS.1; EKS user guide, Cluster API server endpoint",
        remedy="leave publicApiCidrs empty, or name your networks",
        types=(CLUSTER,),
        check=_api_private,
    ),
    Rule(
        id="cluster-secrets-encrypted",
        layer=Layer.CLUSTER,
        demand="Kubernetes Secrets are encrypted with a key of the stack.",
        reason="They hold every password; who can revoke the key can close them.",
        source="AWS Security Hub, EKS.3; EKS best practices, Data encryption",
        remedy="set encryptionConfig with resources secrets",
        types=(CLUSTER,),
        check=_secrets_encrypted,
    ),
    Rule(
        id="control-plane-logged",
        layer=Layer.CLUSTER,
        demand="The API server logs its calls, who made them and how they were let in.",
        reason="Who read a Secret is seen nowhere else.",
        source="AWS Security Hub, EKS.8; HIPAA Security Rule, 45 CFR 164.312(b)",
        remedy="set enabledClusterLogTypes",
        types=(CLUSTER,),
        check=_control_plane_logs,
    ),
    Rule(
        id="cluster-access-by-api",
        layer=Layer.CLUSTER,
        demand="Access entries alone let people in, and the cluster can't be deleted by a click.",
        reason="The aws-auth ConfigMap is edited by whoever may edit ConfigMaps.",
        source="EKS user guide, Grant IAM users access with access entries; Deletion protection",
        remedy="set authenticationMode API and deletionProtection",
        types=(CLUSTER,),
        check=_access_mode,
    ),
    Rule(
        id="machines-imdsv2",
        layer=Layer.CLUSTER,
        demand="Machines answer IMDSv2 alone, and no pod.",
        reason="With the machine's role a pod reads images, volumes and the cluster.",
        source="AWS Security Hub, EC2.8; EKS best practices, Restrict the instance profile",
        remedy="set httpTokens required and httpPutResponseHopLimit 1",
        types=(TEMPLATE, NODE_CLASS),
        check=_metadata,
    ),
    Rule(
        id="machine-disks-encrypted",
        layer=Layer.CLUSTER,
        demand="Machines' disks are encrypted with a key of the stack.",
        reason="emptyDir volumes, images and logs of pods lie on them.",
        source="AWS Security Hub, EC2.7; HIPAA Security Rule, 45 CFR 164.312(a)(2)(iv)",
        remedy="set ebs.encrypted and its key",
        types=(TEMPLATE, NODE_CLASS),
        check=_disks,
    ),
    Rule(
        id="machine-image-pinned",
        layer=Layer.CLUSTER,
        demand="Karpenter's machine image is pinned.",
        reason="@latest replaces machines the day an image appears, in production first.",
        source="Karpenter docs, Managing AMIs",
        remedy="name a release in `components/shared/versions.py`",
        types=(NODE_CLASS,),
        check=_image_pinned,
    ),
    Rule(
        id="node-pools-limited",
        layer=Layer.CLUSTER,
        demand="Every node pool has a limit of CPU and memory.",
        reason="A looping autoscaler otherwise spends until the account's quota.",
        source="Karpenter docs, NodePools, spec.limits",
        remedy="set spec.limits",
        types=(NODE_POOL,),
        check=_pool_limited,
    ),
    Rule(
        id="node-groups-limited",
        layer=Layer.CLUSTER,
        demand=f"A managed node group has {LARGEST_GROUP} machines at most.",
        reason="A typing error in maxNodes is an invoice.",
        source="scale plan, Resource Estimates by Scale; EKS user guide, Managed node groups",
        remedy="lower nodes.*.maxNodes",
        types=(NODE_GROUP,),
        check=_group_limited,
    ),
    Rule(
        id="charts-pinned",
        layer=Layer.CLUSTER,
        demand="Every Helm release names one version, from a repository over HTTPS.",
        reason="The next deployment would install what nobody has read.",
        source="Helm docs, helm install --version; SLSA, dependencies",
        remedy="pin it in `scaleplan/cluster/charts.py`",
        types=(RELEASE,),
        check=_releases_pinned,
    ),
    Rule(
        id="charts-unprivileged",
        layer=Layer.CLUSTER,
        demand="No chart is told to run privileged or on the machine's own network.",
        reason="Such a pod is the machine, and reads every other pod's Secrets on it.",
        source="Kubernetes docs, Pod Security Standards, restricted",
        remedy="remove the value",
        types=(RELEASE,),
        check=_chart_privileged,
    ),
)
