"""Kubernetes fields whose values the API server closes in code, while its schema takes any text.

Source: the API reference of Kubernetes 1.35 (field descriptions, "Possible enum values") and the
validation packages of kubernetes/kubernetes (`pkg/apis/*/validation`).
"""

from __future__ import annotations

from collections.abc import Mapping

_EFFECTS = frozenset({"NoSchedule", "PreferNoSchedule", "NoExecute"})
_POLICIES = frozenset({"Cluster", "Local"})

CLOSED_FIELDS: Mapping[tuple[str, str], frozenset[str]] = {
    ("Service", "spec.type"): frozenset({"ClusterIP", "NodePort", "LoadBalancer", "ExternalName"}),
    ("Service", "spec.sessionAffinity"): frozenset({"ClientIP", "None"}),
    ("Service", "spec.internalTrafficPolicy"): _POLICIES,
    ("Service", "spec.externalTrafficPolicy"): _POLICIES,
    ("Service", "spec.ipFamilyPolicy"): frozenset(
        {"SingleStack", "PreferDualStack", "RequireDualStack"}
    ),
    ("Service", "spec.trafficDistribution"): frozenset(
        {"PreferClose", "PreferSameZone", "PreferSameNode"}
    ),
    ("*", "ports.protocol"): frozenset({"TCP", "UDP", "SCTP"}),
    ("*", "imagePullPolicy"): frozenset({"Always", "IfNotPresent", "Never"}),
    ("*", "spec.restartPolicy"): frozenset({"Always", "OnFailure", "Never"}),
    ("*", "dnsPolicy"): frozenset({"ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"}),
    ("*", "terminationMessagePolicy"): frozenset({"File", "FallbackToLogsOnError"}),
    ("*", "seccompProfile.type"): frozenset({"RuntimeDefault", "Localhost", "Unconfined"}),
    ("*", "fsGroupChangePolicy"): frozenset({"OnRootMismatch", "Always"}),
    ("*", "preemptionPolicy"): frozenset({"PreemptLowerPriority", "Never"}),
    ("*", "whenUnsatisfiable"): frozenset({"DoNotSchedule", "ScheduleAnyway"}),
    ("*", "nodeAffinityPolicy"): frozenset({"Honor", "Ignore"}),
    ("*", "nodeTaintsPolicy"): frozenset({"Honor", "Ignore"}),
    ("*", "tolerations.operator"): frozenset({"Exists", "Equal", "Lt", "Gt"}),
    ("*", "tolerations.effect"): _EFFECTS,
    ("*", "httpGet.scheme"): frozenset({"HTTP", "HTTPS"}),
    ("*", "emptyDir.medium"): frozenset({"", "Memory", "HugePages"}),
    ("*", "matchExpressions.operator"): frozenset(
        {"In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"}
    ),
    ("*", "volumeMounts.mountPropagation"): frozenset({"None", "HostToContainer", "Bidirectional"}),
    ("Deployment", "spec.strategy.type"): frozenset({"RollingUpdate", "Recreate"}),
    ("StatefulSet", "spec.updateStrategy.type"): frozenset({"RollingUpdate", "OnDelete"}),
    ("StatefulSet", "spec.podManagementPolicy"): frozenset({"OrderedReady", "Parallel"}),
    ("CronJob", "spec.concurrencyPolicy"): frozenset({"Allow", "Forbid", "Replace"}),
    ("PodDisruptionBudget", "spec.unhealthyPodEvictionPolicy"): frozenset(
        {"IfHealthyBudget", "AlwaysAllow"}
    ),
    ("HorizontalPodAutoscaler", "spec.metrics.type"): frozenset(
        {"ContainerResource", "External", "Object", "Pods", "Resource"}
    ),
    ("HorizontalPodAutoscaler", "target.type"): frozenset({"Utilization", "Value", "AverageValue"}),
    ("HorizontalPodAutoscaler", "selectPolicy"): frozenset({"Max", "Min", "Disabled"}),
    ("HorizontalPodAutoscaler", "policies.type"): frozenset({"Pods", "Percent"}),
    ("NetworkPolicy", "policyTypes"): frozenset({"Ingress", "Egress"}),
    ("Ingress", "pathType"): frozenset({"Exact", "Prefix", "ImplementationSpecific"}),
    ("Secret", "type"): frozenset(
        {
            "Opaque",
            "kubernetes.io/tls",
            "kubernetes.io/basic-auth",
            "kubernetes.io/dockerconfigjson",
            "kubernetes.io/ssh-auth",
            "kubernetes.io/service-account-token",
            "bootstrap.kubernetes.io/token",
        }
    ),
    ("StorageClass", "volumeBindingMode"): frozenset({"Immediate", "WaitForFirstConsumer"}),
    ("StorageClass", "reclaimPolicy"): frozenset({"Delete", "Retain"}),
}
"""(kind or `*`, the end of the field's path): allowed values."""
