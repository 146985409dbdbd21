"""Arguments of the metrics, alerts and alarms."""

from __future__ import annotations

from collections.abc import Mapping

from pulumi import Input, Output

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
from scaleplan.observability.alerts import PAGERDUTY_ROUTING_KEY, SLACK_WEBHOOK_URL
from wiring.network import flow_table
from wiring.stack import Stack

_FILES = {PAGERDUTY_ROUTING_KEY: ROUTING_KEY_FILE, SLACK_WEBHOOK_URL: SLACK_URL_FILE}


def observability_args(stack: Stack, secrets: Mapping[str, Output[str]]) -> ObservabilityArgs:
    """Everything watched. Of the secrets only those that a channel needs reach the cluster."""
    settings, subject = stack.settings, Subject(stack.plan, stack.settings)
    needed = settings.alerts.secrets_needed()
    return ObservabilityArgs(
        place=stack.place,
        keys=stack.keys,
        cluster=stack.cluster.handle,
        settings=settings.observability,
        plan=stack.plan.observability,
        alerts=settings.alerts,
        channels={_FILES[key]: value for key, value in secrets.items() if key in needed},
        rule_groups=rule_groups(subject),
        dashboards=dashboards(subject),
        targets=stack_targets(subject),
        alarms=stack_alarms(subject),
        adapter_rules=adapter_rules(subject),
        cloudwatch_config=cloudwatch_exporter_config(subject),
        alertmanager_role=stack.pod_roles.alertmanager,
        cloudwatch_role=stack.pod_roles.cloudwatch_exporter,
        instances=stack.database.identifiers,
        primary=subject.primary,
        certificates=_certificates(stack),
        cache=RedisTarget(
            host=stack.cache.configuration_endpoint,
            port=stack.cache.port,
            password=stack.cache.exporter_password,
        ),
        queue=RedisTarget(
            host=stack.queue.primary_endpoint,
            port=stack.queue.port,
            password=stack.queue.exporter_password,
        ),
        servers=_servers(stack, subject),
        monitor=stack.credentials.roles[RoleKey.MONITOR],
        queue_plan=stack.plan.queue,
        jobs=settings.queue,
        replicas=2 if settings.nodes.karpenter else 1,
        watches_citus=subject.has_coordinator,
        flows=flow_table(stack),
        event_rules_page=stack.keys.recovery is not None,
    )


def _certificates(stack: Stack) -> dict[str, tuple[str, Input[str]]]:
    """Region and ARN of each; without a domain of its own a stack has none."""
    dns = stack.dns
    if dns is None:
        return {}
    return {
        "edge": (GLOBAL_REGION, dns.edge_certificate_arn),
        "origin": (stack.settings.region, dns.origin_certificate_arn),
    }


def _servers(stack: Stack, subject: Subject) -> list[PostgresTarget]:
    """RDS's instances and Citus' coordinator, each asked itself and never through PgBouncer."""
    database, citus = stack.database, stack.citus
    root = rds_authority(stack.settings.region)
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
                authority=stack.authority.certificate_pem,
            )
        )
    return servers
