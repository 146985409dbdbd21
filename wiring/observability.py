"""Arguments of the metrics, alerts and alarms."""

from __future__ import annotations

from collections.abc import Mapping

from pulumi import Input, Output

from components.cluster.cluster import Cluster
from components.edge.dns import Dns
from components.identity.authority import Authority
from components.identity.encryption import Encryption
from components.network.network import Network
from components.observability.exporters import PostgresTarget, RedisTarget
from components.observability.observability import ObservabilityArgs
from rendering.database.rds_authority import rds_authority
from rendering.database.roles import RoleKey
from rendering.observability.alerting.subject import COORDINATOR, Subject
from rendering.observability.alertmanager import ROUTING_KEY_FILE, SLACK_URL_FILE
from rendering.observability.cloudwatch_alarms import stack_alarms
from rendering.observability.cloudwatch_exporter import GLOBAL_REGION, cloudwatch_exporter_config
from rendering.observability.dashboards import dashboards
from rendering.observability.metrics_adapter import adapter_rules
from rendering.observability.prometheus_rules import rule_groups
from rendering.observability.scrape_targets import stack_targets
from scaleplan.observability.observability import PAGERDUTY_ROUTING_KEY, SLACK_WEBHOOK_URL
from wiring.flows import flow_table
from wiring.site import Site
from wiring.stores import Stores

_FILES = {PAGERDUTY_ROUTING_KEY: ROUTING_KEY_FILE, SLACK_WEBHOOK_URL: SLACK_URL_FILE}


def observability_args(
    site: Site,
    encryption: Encryption,
    _network: Network,
    cluster: Cluster,
    *,
    authority: Authority,
    stores: Stores,
    dns: Dns | None,
    secrets: Mapping[str, Output[str]],
) -> ObservabilityArgs:
    """Everything watched. Of the secrets only those that a channel needs reach the cluster."""
    settings, subject = site.settings, Subject(site.plan, site.settings)
    needed = settings.alerts.secrets_needed()
    return ObservabilityArgs(
        prefix=settings.prefix,
        region=settings.region,
        account_id=site.account_id,
        cluster_name=cluster.cluster_name,
        cluster_ready=cluster.ready,
        logs_key_arn=encryption.logs_key_arn,
        settings=settings.observability,
        plan=site.plan.observability,
        alerts=settings.alerts,
        channels={_FILES[key]: value for key, value in secrets.items() if key in needed},
        rule_groups=rule_groups(subject),
        dashboards=dashboards(subject),
        targets=stack_targets(subject),
        alarms=stack_alarms(subject),
        adapter_rules=adapter_rules(subject),
        cloudwatch_config=cloudwatch_exporter_config(subject),
        instances=stores.backend.database.identifiers,
        primary=subject.primary,
        certificates=_certificates(site, dns),
        cache=RedisTarget(
            host=stores.cache.configuration_endpoint,
            port=stores.cache.port,
            password=stores.cache.exporter_password,
        ),
        queue=RedisTarget(
            host=stores.queue.primary_endpoint,
            port=stores.queue.port,
            password=stores.queue.exporter_password,
        ),
        servers=_servers(site, subject, authority, stores),
        monitor=stores.backend.credentials.roles[RoleKey.MONITOR],
        queue_plan=site.plan.queue,
        jobs=settings.queue,
        replicas=2 if settings.nodes.karpenter else 1,
        watches_citus=subject.has_coordinator,
        flows=flow_table(site),
        event_rules_page=encryption.recovery is not None,
        protect=settings.protect_data,
    )


def _certificates(site: Site, dns: Dns | None) -> dict[str, tuple[str, Input[str]]]:
    """Region and ARN of each; without a domain of its own a stack has none."""
    if dns is None:
        return {}
    return {
        "edge": (GLOBAL_REGION, dns.edge_certificate_arn),
        "origin": (site.settings.region, dns.origin_certificate_arn),
    }


def _servers(
    site: Site, subject: Subject, authority: Authority, stores: Stores
) -> list[PostgresTarget]:
    """RDS's instances and Citus' coordinator, each asked itself and never through PgBouncer."""
    database, citus = stores.backend.database, stores.citus
    root = rds_authority(site.settings.region)
    addresses = [database.primary_address, *database.replica_addresses]
    servers = [
        PostgresTarget(
            key=str(index),
            instance=instance,
            host=address,
            port=database.port,
            database=database.database_name,
            authority=root,
        )
        for index, (instance, address) in enumerate(
            zip((subject.primary, *subject.replicas), addresses, strict=True)
        )
    ]
    if citus is not None:
        servers.append(
            PostgresTarget(
                key="coordinator",
                instance=COORDINATOR,
                host=citus.host,
                port=citus.port,
                database=database.database_name,
                authority=authority.certificate_pem,
            )
        )
    return servers
