"""Arguments that the tests of the applications share, and how to read their pods."""

import pulumi_kubernetes as kubernetes

from scaleplan.sizes import WorkloadSettings

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
SERVICE = "kubernetes:core/v1:Service"
BUDGET = "kubernetes:policy/v1:PodDisruptionBudget"
AUTOSCALER = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
BINDING = "kubernetes:elbv2.k8s.aws/v1beta1:TargetGroupBinding"
TARGETS = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/pods/0123456789abcdef"

SCALING = WorkloadSettings(min_replicas=3, max_replicas=5, memory_mib=1024, cpu_millicores=1000)
FIXED = WorkloadSettings(min_replicas=2, max_replicas=2, memory_mib=512, cpu_millicores=500)

ENVIRONMENT = [
    kubernetes.core.v1.EnvVarArgs(
        name="DATABASE_URL",
        value_from=kubernetes.core.v1.EnvVarSourceArgs(
            secret_key_ref=kubernetes.core.v1.SecretKeySelectorArgs(
                name="postgres-credentials", key="url"
            )
        ),
    )
]

ANNOTATIONS = {"researchflow.io/config-hash": "0123456789abcdef"}


def controller(opts):
    """Something to wait for, where the program has a Helm release."""
    return kubernetes.core.v1.ConfigMap(
        "controller",
        metadata=kubernetes.meta.v1.ObjectMetaArgs(name="controller", namespace="researchflow"),
        opts=opts,
    )


def pod(built, application):
    deployment = built.inputs(DEPLOYMENT, f"{application}-workload-pods")
    return deployment["spec"]["template"]["spec"]


def container(built, application):
    (only,) = pod(built, application)["containers"]
    return only


def environment(built, application):
    return {entry["name"]: entry.get("value") for entry in container(built, application)["env"]}
