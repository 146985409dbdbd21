"""Each rule of the offline plan, broken by a program that does nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rf.shared.offline.record import record
from rf.shared.offline.violations import OfflineError

HEAD = """
import pulumi, pulumi_aws as aws, pulumi_kubernetes as k8s, pulumi_random as random
provider = aws.Provider("aws", region="us-east-1")
on_aws = pulumi.ResourceOptions(provider=provider)
cluster = k8s.Provider("kubernetes", kubeconfig="{}")
in_cluster = pulumi.ResourceOptions(provider=cluster)
"""

BROKEN = {
    "duplicate urn": (
        """
for block in ("10.0.0.0/16", "10.1.0.0/16"):
    aws.ec2.Vpc("v", cidr_block=block, opts=on_aws)
""",
        "duplicate-urn: is registered twice",
    ),
    "unknown lookup": (
        "aws.get_region(opts=pulumi.InvokeOptions(provider=provider))",
        "unknown-lookup: aws:index/getRegion:getRegion",
    ),
    "existing resource": (
        'aws.ec2.Vpc.get("v", "vpc-1", opts=on_aws)',
        r"unknown-lookup: aws:ec2/vpc:Vpc v: get\(\)",
    ),
    "misspelt nested key": (
        'aws.eks.Cluster("c", role_arn="r", opts=on_aws,'
        ' vpc_config={"subnetIds": [], "endpointPrivateAcess": True})',
        "unknown-input: vpcConfig.endpointPrivateAcess .* nearest: endpointPrivateAccess",
    ),
    "misspelt key in a list": (
        'aws.ec2.SecurityGroup("g", opts=on_aws,'
        ' ingress=[{"fromPort": 1, "toPort": 1, "protocol": "tcp", "cidr": "x"}])',
        r"unknown-input: ingress\[0\].cidr",
    ),
    "missing nested key": (
        'aws.eks.NodeGroup("n", cluster_name="c", node_role_arn="r", subnet_ids=[],'
        ' scaling_config={"minSize": 1, "desiredSize": 1}, opts=on_aws)',
        "missing-input: scalingConfig.maxSize is required",
    ),
    "text for a number": (
        'aws.rds.Instance("d", instance_class="db.t4g.large", allocated_storage="20", opts=on_aws)',
        'wrong-type: allocatedStorage is "20"',
    ),
    "eks authentication mode": (
        'aws.eks.Cluster("c", role_arn="r", vpc_config={"subnetIds": []},'
        ' access_config={"authenticationMode": "APIX"}, opts=on_aws)',
        "wrong-value: accessConfig.authenticationMode = APIX: .* nearest: API",
    ),
    "node group capacity type": (
        'aws.eks.NodeGroup("n", cluster_name="c", node_role_arn="r", subnet_ids=[],'
        ' capacity_type="SPOTS",'
        ' scaling_config={"minSize": 1, "desiredSize": 1, "maxSize": 1}, opts=on_aws)',
        "wrong-value: capacityType = SPOTS: .* nearest: SPOT",
    ),
    "rds storage type": (
        'aws.rds.Instance("d", instance_class="db.t4g.large", storage_type="gp33", opts=on_aws)',
        "wrong-value: storageType = gp33: .* nearest: gp3",
    ),
    "elasticache cluster mode": (
        'aws.elasticache.ReplicationGroup("r", description="x", cluster_mode="on", opts=on_aws)',
        "wrong-value: clusterMode = on: allowed is compatible, disabled, enabled",
    ),
    "cloudfront protocol policy": (
        'aws.cloudfront.VpcOrigin("o", vpc_origin_endpoint_config={"arn": "a", "name": "n",'
        ' "httpPort": 80, "httpsPort": 443, "originProtocolPolicy": "https",'
        ' "originSslProtocols": {"items": ["TLSv1.2"], "quantity": 1}}, opts=on_aws)',
        "wrong-value: vpcOriginEndpointConfig.originProtocolPolicy = https:",
    ),
    "viewer protocol policy in a list": (
        'aws.cloudfront.Distribution("d", enabled=True, origins=[], restrictions={"geoRestriction":'
        ' {"restrictionType": "none"}}, viewer_certificate={"minimumProtocolVersion": "TLSv1.9"},'
        ' default_cache_behavior={"allowedMethods": ["GET"], "cachedMethods": ["GET"],'
        ' "targetOriginId": "o", "viewerProtocolPolicy": "https"}, opts=on_aws)',
        "(?s)viewerProtocolPolicy = https: .*minimumProtocolVersion = TLSv1.9:",
    ),
    "listener protocol": (
        'aws.lb.Listener("l", load_balancer_arn="a", protocol="HTPS",'
        ' default_actions=[{"type": "forward"}], opts=on_aws)',
        "wrong-value: protocol = HTPS: .* nearest: HTTPS",
    ),
    "bucket encryption": (
        'aws.s3.BucketServerSideEncryptionConfiguration("e", bucket="b", rules=[{'
        '"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES-256"}}], opts=on_aws)',
        "sseAlgorithm = AES-256: .* nearest: AES256",
    ),
    "security group protocol": (
        'aws.vpc.SecurityGroupIngressRule("i", security_group_id="sg-1", ip_protocol="tpc",'
        ' cidr_ipv4="10.0.0.0/8", opts=on_aws)',
        "wrong-value: ipProtocol = tpc:",
    ),
    "no provider": (
        'random.RandomPassword("p", length=32)',
        "no-provider: has no explicit random provider",
    ),
    "text of an output": (
        """
vpc = aws.ec2.Vpc("v", cidr_block="10.0.0.0/16", opts=on_aws)
aws.ec2.Subnet("s", vpc_id="vpc-1", cidr_block="10.0.0.0/24", tags={"of": f"{vpc.id}"}, opts=on_aws)
""",
        "unresolved-output: tags.of holds the text of an unresolved Output",
    ),
    "kubernetes key": (
        'k8s.core.v1.Service("s", metadata={"name": "s"}, spec={"portz": []}, opts=in_cluster)',
        r"kubernetes-schema: spec: unknown field portz \(nearest: ports\)",
    ),
    "kubernetes type": (
        'k8s.core.v1.Service("s", metadata={"name": "s"}, spec={"ports": [{"port": "http"}]},'
        " opts=in_cluster)",
        r"kubernetes-schema: spec.ports\[0\].port: 'http' is not of type 'integer'",
    ),
    "kubernetes value": (
        'k8s.core.v1.Service("s", metadata={"name": "s"}, spec={"type": "ClusterIp"},'
        " opts=in_cluster)",
        "kubernetes-schema: spec.type = ClusterIp: .* nearest: ClusterIP",
    ),
    "unknown custom resource": (
        'k8s.apiextensions.CustomResource("x", api_version="a.b/v1", kind="Thing",'
        ' metadata={"name": "x"}, opts=in_cluster)',
        "kubernetes-schema: a.b/v1 Thing is no kind of Kubernetes 1.35",
    ),
    "custom resource key": (
        'k8s.apiextensions.CustomResource("x", api_version="keda.sh/v1alpha1", kind="ScaledObject",'
        ' metadata={"name": "x"}, spec={"scaleTargetRef": {"name": "w"}, "minReplicas": 1,'
        ' "triggers": [{"type": "redis", "metadata": {"listName": "q"}}]}, opts=in_cluster)',
        r"kubernetes-schema: spec: unknown field minReplicas \(nearest: minReplicaCount\)",
    ),
    "trigger metadata that is no text": (
        'k8s.apiextensions.CustomResource("x", api_version="keda.sh/v1alpha1", kind="ScaledObject",'
        ' metadata={"name": "x"}, spec={"scaleTargetRef": {"name": "w"},'
        ' "triggers": [{"type": "redis", "metadata": {"listName": "q", "listLength": 5}}]},'
        " opts=in_cluster)",
        r"spec.triggers\[0\].metadata.listLength: 5 is not of type 'string'",
    ),
    "unpinned chart": (
        'k8s.helm.v3.Release("keda", chart="keda", version=">=2.0.0", opts=in_cluster)',
        "(?s)helm-not-pinned: chart keda names no repository.*version >=2.0.0",
    ),
    "a chart's value": (
        'k8s.helm.v3.Release("keda", chart="keda", version="2.20.2",'
        ' repository_opts={"repo": "https://charts.example.com"},'
        ' values={"nodeSelectors": {"pool": "system"}}, opts=in_cluster)',
        r"wrong-value: .*nodeSelectors.pool not among its listed keys; nearest: nodeSelector.*",
    ),
    "an error in the program": (
        "raise LookupError('no such thing')",
        r"program-failed: LookupError: no such thing \(__main__.py:7\)",
    ),
    "an error logged": (
        "pulumi.log.error('this can not be')",
        "program-failed: this can not be",
    ),
}


@pytest.mark.parametrize(("text", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_rule_is_refused_by_name(
    program: Callable[[str], Path], text: str, message: str
) -> None:
    with pytest.raises(OfflineError, match=message):
        record(program(HEAD + text), "researchflow", "dev")


def test_all_violations_of_a_run_are_listed_at_once(program: Callable[[str], Path]) -> None:
    text = """
aws.rds.Instance("d", instance_class="db.t4g.large", storage_type="gp33", opts=on_aws)
random.RandomPassword("p", length=32)
k8s.core.v1.Service("s", spec={"portz": []}, opts=in_cluster)
"""
    with pytest.raises(OfflineError, match="3 violations") as caught:
        record(program(HEAD + text), "researchflow", "dev")
    assert [violation.rule for violation in caught.value.violations] == [
        "wrong-value",
        "kubernetes-schema",
        "no-provider",
    ]


def test_a_violation_never_shows_a_secret(program: Callable[[str], Path]) -> None:
    text = """
hidden = pulumi.Output.secret("not-for-your-eyes")
aws.rds.Instance("d", instance_class="db.t4g.large", allocated_storage=hidden, opts=on_aws)
k8s.core.v1.Service("s", metadata={"name": "s"}, spec={"type": hidden}, opts=in_cluster)
"""
    with pytest.raises(OfflineError, match=r"\[secret\]") as caught:
        record(program(HEAD + text), "researchflow", "dev")
    assert "not-for-your-eyes" not in str(caught.value)


def test_an_error_in_an_apply_is_reported_at_its_line(program: Callable[[str], Path]) -> None:
    text = """
vpc = aws.ec2.Vpc("v", cidr_block="10.0.0.0/16", opts=on_aws)
wrong = vpc.id.apply(lambda text: text.missing)
aws.ec2.Subnet("s", vpc_id=wrong, cidr_block="10.0.0.0/24", opts=on_aws)
"""
    with pytest.raises(OfflineError, match=r"AttributeError: .* \(__main__.py:9\)"):
        record(program(HEAD + text), "researchflow", "dev")


def test_what_the_provider_takes_is_not_refused(program: Callable[[str], Path]) -> None:
    text = """
vpc = aws.ec2.Vpc("v", cidr_block="10.0.0.0/16", tags={"Name": "v"}, opts=on_aws)
aws.ec2.Subnet("s", vpc_id=vpc.id, cidr_block="10.0.0.0/24", opts=on_aws)
k8s.core.v1.Service("svc", metadata={"name": "s"}, opts=in_cluster,
    spec={"type": "ClusterIP", "ports": [{"port": 80, "targetPort": "http", "protocol": "TCP"}]})
"""
    plan = record(program(HEAD + text), "researchflow", "dev")
    assert len(plan.resources) == 5
