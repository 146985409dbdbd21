"""Faults of the cluster, its machines, charts and namespaces."""

from __future__ import annotations

from policy.rules.shared import tokens
from tests.faults.change import put, remove, text
from tests.faults.fault import Fault, breaks

CLUSTER = f"{tokens.CLUSTER}::cluster"
TEMPLATE = f"{tokens.LAUNCH_TEMPLATE}::cluster-system"
NODE_CLASS = f"{tokens.NODE_CLASS}::platform-karpenter-nodes"
KEDA = f"{tokens.RELEASE}::platform-keda"
DENY = f"{tokens.NETWORK_POLICY}::platform-researchflow-network-default-deny"
COREDNS = f"{tokens.ADDON}::cluster-pods-coredns"
WORKERS = f"{tokens.NODE_POOL}::platform-karpenter-workers"
APPLICATIONS = f"{tokens.NODE_POOL}::platform-karpenter-applications"
SYSTEM = f"{tokens.NODE_GROUP}::cluster-system"
TEMPORAL = f"{tokens.RELEASE}::temporal-release"


FAULTS: tuple[Fault, ...] = (
    breaks(
        "machines-tagged",
        "machines belong to nobody",
        TEMPLATE,
        put("tagSpecifications[0].tags", {"Name": "system"}),
    ),
    breaks(
        "machines-tagged", "Karpenter's machines belong to nobody", NODE_CLASS, put("spec.tags", {})
    ),
    breaks(
        "volumes-tagged",
        "volumes belong to nobody",
        "aws:eks/addon:Addon::cluster-pods-aws-ebs-csi-driver",
        put("configurationValues", "{}"),
    ),
    breaks(
        "api-server-private",
        "the API server is open to the world",
        CLUSTER,
        put("vpcConfig.endpointPublicAccess", True),
    ),
    breaks(
        "api-server-private",
        "the API server has no private endpoint",
        CLUSTER,
        put("vpcConfig.endpointPrivateAccess", False),
    ),
    breaks(
        "cluster-secrets-encrypted",
        "Kubernetes Secrets in the clear",
        CLUSTER,
        remove("encryptionConfig"),
    ),
    breaks(
        "control-plane-logged",
        "nobody sees who called the API server",
        CLUSTER,
        put("enabledClusterLogTypes", ["scheduler"]),
    ),
    breaks(
        "cluster-access-by-api",
        "access by ConfigMap",
        CLUSTER,
        put("accessConfig.authenticationMode", "API_AND_CONFIG_MAP"),
    ),
    breaks(
        "cluster-access-by-api",
        "the cluster can be deleted by a click",
        CLUSTER,
        put("deletionProtection", False),
    ),
    breaks(
        "machines-imdsv2",
        "machines answer IMDSv1",
        TEMPLATE,
        put("metadataOptions.httpTokens", "optional"),
    ),
    breaks(
        "machines-imdsv2",
        "Karpenter's machines answer pods",
        NODE_CLASS,
        put("spec.metadataOptions.httpPutResponseHopLimit", 2),
    ),
    breaks(
        "machine-disks-encrypted",
        "disks of machines in the clear",
        TEMPLATE,
        put("blockDeviceMappings[0].ebs.encrypted", "false"),
    ),
    breaks(
        "machine-disks-encrypted",
        "Karpenter's disks under no key",
        NODE_CLASS,
        remove("spec.blockDeviceMappings[0].ebs.kmsKeyID"),
    ),
    breaks(
        "machine-image-pinned",
        "machines change by themselves",
        NODE_CLASS,
        put("spec.amiSelectorTerms[0].alias", "al2023@latest"),
    ),
    breaks(
        "node-pools-limited",
        "Karpenter buys without limit",
        f"{tokens.NODE_POOL}::platform-karpenter-workers",
        remove("spec.limits.cpu"),
    ),
    breaks(
        "node-groups-limited",
        "a node group of three hundred machines",
        f"{tokens.NODE_GROUP}::cluster-system",
        put("scalingConfig.maxSize", 300),
    ),
    breaks(
        "volumes-encrypted",
        "Citus' volumes in the clear",
        "kubernetes:storage.k8s.io/v1:StorageClass::citus-cluster-volumes",
        put("parameters.encrypted", "false"),
    ),
    breaks("charts-pinned", "a chart of whatever version", KEDA, put("version", ">=2.0.0")),
    breaks(
        "charts-pinned",
        "a chart over HTTP",
        KEDA,
        put("repositoryOpts.repo", "http://kedacore.github.io/charts"),
    ),
    breaks(
        "charts-unprivileged",
        "a chart that runs privileged",
        KEDA,
        put("values.securityContext", {"privileged": True}),
    ),
    breaks(
        "namespace-restricted",
        "pods may do anything",
        f"{tokens.NAMESPACE}::platform-researchflow",
        put("metadata.labels[pod-security.kubernetes.io/enforce]", "privileged"),
    ),
    breaks("network-default-deny", "the default deny is gone", DENY, drop=True),
    breaks(
        "network-default-deny", "any pod may call out", DENY, put("spec.policyTypes", ["Ingress"])
    ),
    breaks(
        "network-default-deny",
        "the default deny allows all",
        DENY,
        put("spec.egress", [{}]),
        also=("network-policy-names-peers",),
    ),
    breaks(
        "network-default-deny",
        "StackGres' other pods may ask whom they like",
        f"{tokens.NETWORK_POLICY}::citus-operator-network-default-deny",
        drop=True,
    ),
    breaks(
        "network-default-deny",
        "external-dns' namespace is open to all",
        f"{tokens.NETWORK_POLICY}::external-dns-network-default-deny",
        put("spec.policyTypes", ["Egress"]),
    ),
    breaks(
        "pods-have-flows",
        "the job with the superuser's password may tell the world",
        f"{tokens.NETWORK_POLICY}::citus-network-citus-distribution",
        drop=True,
    ),
    breaks(
        "pods-have-flows",
        "the policy of that job selects another",
        f"{tokens.NETWORK_POLICY}::citus-network-citus-distribution",
        put("spec.podSelector.matchLabels.app", "citus-distributor"),
    ),
    breaks(
        "network-policy-not-open",
        "a NetworkPolicy lets everybody in",
        f"{tokens.NETWORK_POLICY}::platform-researchflow-network-pgbouncer",
        put("spec.ingress", [{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]),
    ),
    breaks(
        "namespace-bounded",
        "the namespace has no quota",
        f"{tokens.RESOURCE_QUOTA}::platform-capacity-quota",
        drop=True,
    ),
    breaks(
        "namespace-bounded",
        "a container without limits gets none",
        f"{tokens.LIMIT_RANGE}::platform-capacity-limits",
        drop=True,
    ),
    breaks(
        "names-survive-machine",
        "one pod resolves all names",
        COREDNS,
        text("configurationValues", '"replicaCount": 2', '"replicaCount": 1'),
    ),
    breaks(
        "names-survive-machine",
        "both pods of CoreDNS on one machine",
        COREDNS,
        text("configurationValues", "kubernetes.io/hostname", "kubernetes.io/os"),
    ),
    breaks(
        "workers-not-moved",
        "workers are moved to save a machine",
        WORKERS,
        put("spec.disruption.consolidationPolicy", "WhenEmptyOrUnderutilized"),
    ),
    breaks(
        "machines-rotate-by-drift",
        "machines bought together are drained together after a month",
        WORKERS,
        put("spec.template.spec.expireAfter", "720h"),
    ),
    breaks(
        "machines-rotate-by-drift",
        "nobody says that machines don't go by their age",
        APPLICATIONS,
        remove("spec.template.spec.expireAfter"),
    ),
    breaks(
        "machines-rotate-by-drift",
        "a raised image takes a tenth of the machines at once",
        APPLICATIONS,
        put("spec.disruption.budgets", [{"nodes": "10%"}]),
    ),
    breaks(
        "machines-rotate-by-drift",
        "one machine at a time, but only for some reasons",
        WORKERS,
        put("spec.disruption.budgets", [{"nodes": "1", "reasons": ["Empty"]}]),
    ),
    breaks(
        "machines-wait-for-pods",
        "a budget that gives none keeps its machine for ever",
        APPLICATIONS,
        remove("spec.template.spec.terminationGracePeriod"),
    ),
    breaks(
        "machines-wait-for-pods",
        "a worker's machine is gone before the longest job is done",
        WORKERS,
        put("spec.template.spec.terminationGracePeriod", "10m"),
    ),
    breaks(
        "machines-wait-for-pods",
        "an update of the system's machines gives up before PgBouncer has gone",
        f"{tokens.DEPLOYMENT}::pgbouncer-deployment",
        put("spec.template.spec.terminationGracePeriodSeconds", 900),
        also=("pods-waited-for",),
    ),
    breaks(
        "spot-for-workers-alone",
        "the API on spot machines",
        APPLICATIONS,
        put("spec.template.spec.requirements[2].values", ["spot", "on-demand"]),
        also=("interruptions-heard",),
    ),
    breaks(
        "interruptions-heard",
        "Karpenter hears of no lost machine",
        f"{tokens.RELEASE}::platform-karpenter",
        remove("values.settings.interruptionQueue"),
    ),
    breaks(
        "interruptions-heard",
        "Karpenter isn't warned of spot machines",
        WORKERS,
        put("spec.template.spec.requirements[2].values", ["spot"]),
    ),
    breaks(
        "machines-over-zones",
        "the system's machines in one zone",
        SYSTEM,
        put("subnetIds", ["subnet-0123456789abcdef0"]),
    ),
    breaks(
        "machines-over-zones",
        "one machine may carry the controllers",
        SYSTEM,
        put("scalingConfig.minSize", 1),
    ),
    breaks(
        "volumes-where-pods-are",
        "volumes are made before their pod has a zone",
        f"{tokens.STORAGE_CLASS}::platform-gp3",
        put("volumeBindingMode", "Immediate"),
    ),
    breaks(
        "volumes-where-pods-are",
        "volumes can't grow",
        f"{tokens.STORAGE_CLASS}::platform-gp3",
        remove("allowVolumeExpansion"),
    ),
    breaks("charts-atomic", "KEDA may be half installed", KEDA, put("atomic", False)),
    breaks(
        "definitions-kept",
        "every ScaledObject goes with KEDA",
        KEDA,
        remove("values.crds"),
    ),
    breaks(
        "definitions-kept",
        "every node pool goes with the release of Karpenter's CRDs",
        f"{tokens.RELEASE}::platform-karpenter-crds",
        put("values.additionalAnnotations", {"helm.sh/resource-policy": "delete"}),
    ),
    breaks(
        "definitions-raised",
        "Helm makes Karpenter's CRDs beside their own release",
        f"{tokens.RELEASE}::platform-karpenter",
        remove("skipCrds"),
    ),
    breaks(
        "definitions-raised",
        "nothing changes the Prometheus operator's CRDs",
        f"{tokens.RELEASE}::observability-stack-crds",
        drop=True,
    ),
    breaks(
        "controllers-survive-machine",
        "one KEDA",
        KEDA,
        put("values.operator.replicaCount", 1),
    ),
    breaks(
        "chart-budgets-let-go",
        "KEDA's budget lets none go",
        KEDA,
        put("values.podDisruptionBudget.webhooks", {"minAvailable": 2}),
    ),
    breaks(
        "chart-budgets-let-go",
        "one drain may take both of KEDA",
        KEDA,
        put("values.podDisruptionBudget.operator", {}),
    ),
    breaks(
        "chart-budgets-let-go",
        "a metrics server that never gets ready keeps its machine",
        f"{tokens.RELEASE}::platform-metrics-server",
        remove("values.podDisruptionBudget.unhealthyPodEvictionPolicy"),
    ),
    breaks(
        "chart-budgets-let-go",
        "a budget of nought per cent",
        TEMPORAL,
        put("values.server.history.podDisruptionBudget.maxUnavailable", "0%"),
    ),
    breaks(
        "controllers-apart",
        "both pods of KEDA on one machine",
        KEDA,
        remove("values.topologySpreadConstraints.operator"),
    ),
    breaks(
        "controllers-apart",
        "metrics-server is spread over zones alone",
        f"{tokens.RELEASE}::platform-metrics-server",
        remove("values.topologySpreadConstraints[1]"),
    ),
    breaks(
        "controllers-apart",
        "Temporal spreads whatever pods there are",
        TEMPORAL,
        remove("values.server.history.topologySpreadConstraints[1].labelSelector"),
    ),
    breaks(
        "controllers-keep-to-namespaces",
        "KEDA acts in every namespace",
        KEDA,
        remove("values.watchNamespace"),
    ),
    breaks(
        "controllers-keep-to-namespaces",
        "StackGres acts in every namespace",
        f"{tokens.RELEASE}::citus-operator",
        put("values.allowedNamespaces", []),
    ),
    breaks(
        "temporal-tls-both-ways",
        "whoever reaches Temporal starts workflows",
        TEMPORAL,
        put("values.server.config.tls.frontend.server.requireClientAuth", False),
    ),
    breaks(
        "temporal-tls-both-ways",
        "Temporal believes any database",
        TEMPORAL,
        put(
            "values.server.config.persistence.datastores.default.sql.tls.enableHostVerification",
            False,
        ),
    ),
    breaks(
        "namespace-bounded",
        "pods may open ports of machines",
        f"{tokens.RESOURCE_QUOTA}::platform-capacity-quota",
        remove("spec.hard[services.nodeports]"),
    ),
)
