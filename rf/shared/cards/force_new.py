"""What the Kubernetes provider makes anew, by kind: the table of its `pkg/provider/diff.go`.

A property below one that is named is covered too. Every kind is made anew for another name or
namespace. Configuration and secrets are for any change of what they hold, unless the provider takes
them for mutable by an argument and they do not call themselves immutable. A release is no object of
the API server: its properties are those of `helm_release.go`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rf.shared.cards.changes import IN_PLACE, REPLACE, PropertyRule, Sources
from rf.shared.cards.source import kubernetes_provider

OF_EVERY_KIND = ("metadata.name", "metadata.namespace")

FORCE_NEW_SOURCE = kubernetes_provider("provider/diff.go")

_MUTABLE = (kubernetes_provider("provider/diff.go (forceNewProperties)"),)
_RELEASE = (kubernetes_provider("provider/helm_release.go"),)

_VOLUME_SOURCES = (
    "spec.awsElasticBlockStore",
    "spec.azureDisk",
    "spec.azureFile",
    "spec.cephfs",
    "spec.cinder",
    "spec.csi",
    "spec.fc",
    "spec.flexVolume",
    "spec.flocker",
    "spec.gcePersistentDisk",
    "spec.glusterfs",
    "spec.hostPath",
    "spec.iscsi",
    "spec.local",
    "spec.nfs",
    "spec.photonPersistentDisk",
    "spec.portworxVolume",
    "spec.quobyte",
    "spec.rbd",
    "spec.scaleIO",
    "spec.storageos",
    "spec.vsphereVolume",
)
_POD = (
    "spec.affinity",
    "spec.automountServiceAccountToken",
    "spec.dnsConfig",
    "spec.dnsPolicy",
    "spec.enableServiceLinks",
    "spec.hostAliases",
    "spec.hostIPC",
    "spec.hostNetwork",
    "spec.hostPID",
    "spec.hostname",
    "spec.imagePullSecrets",
    "spec.nodeName",
    "spec.nodeSelector",
    "spec.overhead",
    "spec.preemptionPolicy",
    "spec.priority",
    "spec.priorityClassName",
    "spec.readinessGates",
    "spec.restartPolicy",
    "spec.runtimeClassName",
    "spec.schedulerName",
    "spec.securityContext",
    "spec.serviceAccount",
    "spec.serviceAccountName",
    "spec.shareProcessNamespace",
    "spec.subdomain",
    "spec.terminationGracePeriodSeconds",
    "spec.volumes",
)
_CONTAINER = (
    "args",
    "command",
    "env",
    "image",
    "imagePullPolicy",
    "lifecycle",
    "livenessProbe",
    "ports",
    "readinessProbe",
    "resources",
    "securityContext",
    "stdin",
    "stdinOnce",
    "terminationMessagePath",
    "terminationMessagePolicy",
    "tty",
    "volumeDevices",
    "volumeMounts",
    "workingDir",
)
_CONTAINERS = tuple(
    f"spec.{containers}.{each}"
    for containers in ("containers", "initContainers")
    for each in _CONTAINER
)
_SELECTOR = ("spec.selector",)
_JOB = ("spec.completions", "spec.parallelism", "spec.selector", "spec.template")
_STATEFUL_SET = (
    "spec.podManagementPolicy",
    "spec.revisionHistoryLimit",
    "spec.selector",
    "spec.serviceName",
    "spec.volumeClaimTemplates",
)
_ROLE = ("roleRef",)

FORCE_NEW: Mapping[str, tuple[str, ...]] = {
    "apps/v1beta1:StatefulSet": _STATEFUL_SET,
    "apps/v1beta2:DaemonSet": _SELECTOR,
    "apps/v1beta2:Deployment": _SELECTOR,
    "apps/v1beta2:StatefulSet": _STATEFUL_SET,
    "apps/v1:DaemonSet": _SELECTOR,
    "apps/v1:Deployment": _SELECTOR,
    "apps/v1:StatefulSet": _STATEFUL_SET,
    "batch/v1beta1:Job": _JOB,
    "batch/v1:Job": _JOB,
    "batch/v2alpha1:Job": _JOB,
    "core/v1:PersistentVolume": _VOLUME_SOURCES,
    "core/v1:PersistentVolumeClaim": (
        "spec.accessModes",
        "spec.selector",
        "spec.storageClassName",
        "spec.volumeName",
    ),
    "core/v1:Pod": (*_POD, *_CONTAINERS),
    "core/v1:ResourceQuota": ("spec.scopes",),
    "core/v1:Secret": ("type",),
    "core/v1:Service": ("spec.clusterIP",),
    "policy/v1beta1:PodDisruptionBudget": ("spec",),
    "rbac.authorization.k8s.io/v1alpha1:ClusterRoleBinding": _ROLE,
    "rbac.authorization.k8s.io/v1alpha1:RoleBinding": _ROLE,
    "rbac.authorization.k8s.io/v1beta1:ClusterRoleBinding": _ROLE,
    "rbac.authorization.k8s.io/v1beta1:RoleBinding": _ROLE,
    "rbac.authorization.k8s.io/v1:ClusterRoleBinding": _ROLE,
    "rbac.authorization.k8s.io/v1:RoleBinding": _ROLE,
    "storage.k8s.io/v1:StorageClass": ("parameters", "provisioner"),
}
"""By group, version and kind, as in a type's token."""


@dataclass(frozen=True, kw_only=True)
class _Content:
    """What a kind holds, and the provider's argument that lets it change in place."""

    argument: str
    properties: tuple[str, ...]


_CONTENT: Mapping[str, _Content] = {
    "core/v1:ConfigMap": _Content(
        argument="enableConfigMapMutable", properties=("binaryData", "data")
    ),
    "core/v1:Secret": _Content(argument="enableSecretMutable", properties=("stringData", "data")),
}


def forced_new(token: str, why: str = "", pages: Sources = ()) -> Mapping[str, PropertyRule]:
    """The provider's rules of a Kubernetes kind.

    `why` says what matters of such a change, `pages` are what Kubernetes itself says of the kind.
    """
    kind = token.removeprefix("kubernetes:")
    if kind == "helm.sh/v3:Release":
        return _replaced(("name", "namespace"), why, _RELEASE)
    sources = tuple(dict.fromkeys((FORCE_NEW_SOURCE, *pages)))
    rules = _replaced(FORCE_NEW.get(kind, ()), why, sources)
    content = _CONTENT.get(kind)
    if content is None:
        return rules
    rule = PropertyRule(
        effect=IN_PLACE,
        without={content.argument: REPLACE},
        beside={"immutable": REPLACE},
        why=why,
        source=_MUTABLE,
    )
    return {**rules, **dict.fromkeys(content.properties, rule)}


def _replaced(properties: tuple[str, ...], why: str, source: Sources) -> dict[str, PropertyRule]:
    return dict.fromkeys(properties, PropertyRule(effect=REPLACE, why=why, source=source))
