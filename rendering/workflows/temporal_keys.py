"""The keys in use of Temporal's chart, as its values file and templates have them."""

from __future__ import annotations

from rendering.shared.chart_keys import ChartValues

TEMPORAL_KEYS = ChartValues(
    chart="temporal",
    version="1.6.0",
    source="temporalio/helm-charts temporal-1.6.0, charts/temporal/values.yaml",
    keys=frozenset(
        {
            "admintools.additionalEnv",
            "admintools.additionalVolumeMounts",
            "admintools.additionalVolumes",
            "admintools.enabled",
            "admintools.nodeSelector.*",
            "schema.activeDeadlineSeconds",
            "schema.backoffLimit",
            "schema.containerSecurityContext.*",
            "schema.resources.*",
            "schema.securityContext.*",
            "schema.useHelmHooks",
            "server.additionalVolumeMounts",
            "server.additionalVolumes",
            "server.config.logFormat",
            "server.config.logLevel",
            "server.config.metrics.prometheus.listenAddress",
            "server.config.metrics.prometheus.timerType",
            "server.config.namespaces.create",
            "server.config.namespaces.namespace",
            "server.config.persistence.datastores.*",
            "server.config.persistence.defaultStore",
            "server.config.persistence.numHistoryShards",
            "server.config.persistence.visibilityStore",
            "server.config.tls.*",
            "server.deploymentStrategy.*",
            "server.metrics.annotations.enabled",
            "server.metrics.serviceMonitor.enabled",
            "server.nodeSelector.*",
            "server.podAnnotations.*",
            "server.securityContext.*",
            "server.versionCheckDisabled",
            *(
                f"server.{role}.{key}"
                for role in ("frontend", "history", "matching", "worker")
                for key in (
                    "containerSecurityContext.*",
                    "podDisruptionBudget",
                    "podDisruptionBudget.*",
                    "replicaCount",
                    "resources.*",
                    "topologySpreadConstraints",
                )
            ),
            "serviceAccount.create",
            "serviceAccount.name",
            "shims.dockerize",
            "shims.elasticsearchTool",
            "web.additionalEnv",
            "web.additionalVolumeMounts",
            "web.additionalVolumes",
            "web.containerSecurityContext.*",
            "web.enabled",
            "web.nodeSelector.*",
            "web.replicaCount",
            "web.resources.*",
            "web.securityContext.*",
        }
    ),
)
