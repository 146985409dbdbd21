"""Reading Kubernetes objects: their names, their pods, and what a label selector chooses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .rule import Resource, StackResources
from .tokens import AUTOSCALER, CRON_JOB, DAEMON_SET, DEPLOYMENT, JOB, SCALED_OBJECT, STATEFUL_SET
from .values import at, listed

APPLICATIONS = "researchflow"
"""The namespace of the plan's own services."""


SERVING = (DEPLOYMENT, STATEFUL_SET)
WITH_PODS = (*SERVING, DAEMON_SET, JOB, CRON_JOB)


def named(resource: Resource) -> tuple[str, str]:
    """Namespace and name of the object in the cluster."""
    return at(resource.inputs, "metadata.namespace", ""), at(resource.inputs, "metadata.name", "")


def is_application(resource: Resource) -> bool:
    """Whether it stands in the applications' namespace."""
    return named(resource)[0] == APPLICATIONS


def template_of(resource: Resource) -> Mapping[str, Any]:
    """The template of the pods that the object makes."""
    spec = at(resource.inputs, "spec", {})
    if resource.type == CRON_JOB:
        spec = at(spec, "jobTemplate.spec", {})
    return at(spec, "template", {})


def pod_of(resource: Resource) -> Mapping[str, Any]:
    """The specification of those pods."""
    return at(template_of(resource), "spec", {})


def labels_of(resource: Resource) -> Mapping[str, str]:
    """Labels of those pods."""
    return at(template_of(resource), "metadata.labels", {})


def containers_of(resource: Resource) -> Iterator[Mapping[str, Any]]:
    """Every container of those pods, the initial ones too."""
    pod = pod_of(resource)
    yield from listed(pod, "containers")
    yield from listed(pod, "initContainers")


def variable(container: Mapping[str, Any], name: str) -> Any:
    """The value of a variable of the container; None where it has none, or by reference alone."""
    found = (each for each in listed(container, "env") if at(each, "name") == name)
    return next((at(each, "value") for each in found), None)


def has_variable(container: Mapping[str, Any], name: str) -> bool:
    """Whether the container is told of that name."""
    return any(at(each, "name") == name for each in listed(container, "env"))


def chooses(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether a selector that asks for something finds pods with these labels."""
    return bool(selector) and selector.items() <= labels.items()


def chosen_by(
    selector: Mapping[str, str], namespace: str, stack: StackResources, *types: str
) -> Iterator[Resource]:
    """What of these types has pods in the namespace that the selector finds."""
    for each in stack.of_type(*types):
        if named(each)[0] == namespace and chooses(selector, labels_of(each)):
            yield each


def object_named(namespace: str, name: str, stack: StackResources, *types: str) -> Resource | None:
    """The object of that name; None where the stack has none."""
    return next((e for e in stack.of_type(*types) if named(e) == (namespace, name)), None)


def replicas_at_most(deployment: Resource, stack: StackResources) -> int:
    """What its autoscaler may ask for, else its own replicas."""
    replicas = at(deployment.inputs, "spec.replicas", 1)
    for each in stack.of_type(AUTOSCALER, SCALED_OBJECT):
        target = (named(each)[0], at(each.inputs, "spec.scaleTargetRef.name"))
        if target == named(deployment):
            spec = at(each.inputs, "spec", {})
            replicas = at(spec, "maxReplicas") or at(spec, "maxReplicaCount", 0)
    return replicas
