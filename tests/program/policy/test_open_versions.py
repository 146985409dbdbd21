"""Whatever in a plan is called a version is whole, or open on purpose; a new one is found here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from policy.rules.versions import FORMS
from rf.shared.plan import reveal

STACKS = ("dev", "staging", "prod")
CALLED = re.compile(r"(version|channel|alias|release|imageid|amitype|image)$", re.IGNORECASE)
"""How the last key of a path is called under which something else may choose a version."""

OBJECTS = re.compile(r"(apiVersion|groupVersionKind\.version)$")
"""Forms of Kubernetes' API, which it keeps for as long as it serves them."""

WHOLE = {(token, path): "named, as a rule demands" for token, (path, _) in FORMS.items()} | {
    ("kubernetes:karpenter.k8s.aws/v1:EC2NodeClass", "spec.amiSelectorTerms[].alias"): "by its day",
    (
        "kubernetes:stackgres.io/v1alpha1:SGShardedCluster",
        "spec.postgres.extensions[].version",
    ): "named, as a rule demands",
}

OPEN = {
    (
        "kubernetes:stackgres.io/v1:SGPostgresConfig",
        "spec.postgresVersion",
    ): "the CRD takes a major alone",
    ("aws:eks/nodeGroup:NodeGroup", "amiType"): "EKS names the build when it is made",
    ("aws:eks/nodeGroup:NodeGroup", "launchTemplate.version"): "the template's own, by its output",
    ("aws:ec2/launchTemplate:LaunchTemplate", "updateDefaultVersion"): "a switch",
    ("aws:cloudfront/distribution:Distribution", "httpVersion"): "a protocol",
    (
        "aws:cloudfront/distribution:Distribution",
        "viewerCertificate.minimumProtocolVersion",
    ): "a policy of TLS by its year",
    ("aws:elasticache/replicationGroup:ReplicationGroup", "autoMinorVersionUpgrade"): "a switch",
    ("aws:rds/instance:Instance", "autoMinorVersionUpgrade"): "a switch",
    ("aws:mq/broker:Broker", "autoMinorVersionUpgrade"): "a switch",
}
"""What someone else resolves, or what is only called so, and why that is right."""


def named_values(value: Any, path: str = "") -> Iterator[str]:
    """The path of each text, number and switch, lists without their places."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from named_values(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from named_values(item, f"{path}[]")
    else:
        yield path


def is_pod_image(token: str, path: str) -> bool:
    """Of these the rule image-tags-whole speaks."""
    of_pods = token.startswith(("kubernetes:apps/", "kubernetes:batch/"))
    return of_pods and path.endswith(("containers[].image", "initContainers[].image"))


@pytest.mark.parametrize(
    ("stack", "overrides"),
    [*((stack, ()) for stack in STACKS), ("prod", ("queue.engine=rabbitmq",))],
)
def test_no_version_is_left_to_someone_else_unawares(planned, stack, overrides):
    options = {"overrides": overrides} if overrides else {}
    unknown = {
        (resource.type, path)
        for resource in planned(stack, **options).resources
        if not resource.type.startswith(("researchflow:", "pulumi:"))
        for path in named_values(reveal(resource.inputs))
        if CALLED.search(path)
        and not OBJECTS.search(path)
        and not is_pod_image(resource.type, path)
    }
    assert unknown <= WHOLE.keys() | OPEN.keys()
