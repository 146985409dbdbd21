"""Arguments that the tests of the monitoring share: those of a whole stack, as its settings say."""

import pulumi
import pulumi_kubernetes as kubernetes

from components.database.credentials import RoleCredentials
from components.observability.exporters import PostgresTarget, RedisTarget
from components.observability.observability import ObservabilityArgs
from rendering.network.flow_table import network_flows
from rendering.observability.alerting.subject import COORDINATOR, Subject
from rendering.observability.cloudwatch_alarms import stack_alarms
from rendering.observability.cloudwatch_exporter import cloudwatch_exporter_config
from rendering.observability.dashboards import dashboards
from rendering.observability.metrics_adapter import adapter_rules
from rendering.observability.prometheus_rules import rule_groups
from rendering.observability.scrape_targets import stack_targets
from scaleplan.model import load_plan
from tests.components.values import cluster_handle, keys, place
from tests.unit.network.flow_site import stack

PLAN = load_plan()
REGION, ACCOUNT, CLUSTER = "us-east-1", "123456789012", "researchflow-test"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/logs"
RELEASE = "kubernetes:helm.sh/v3:Release"
SECRET = "kubernetes:core/v1:Secret"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
TOPIC = "aws:sns/topic:Topic"
PASSWORD = "a-password-of-the-test"


def something(opts):
    """What stands for the cluster: anything that can be waited for."""
    return kubernetes.core.v1.ConfigMap(
        "cluster-ready",
        metadata=kubernetes.meta.v1.ObjectMetaArgs(name="ready", namespace="default"),
        opts=opts,
    )


def redis_target(name):
    return RedisTarget(
        host=f"{name}.example.com", port=6379, password=pulumi.Output.secret(f"{PASSWORD}-{name}")
    )


def monitor():
    return RoleCredentials(
        user="researchflow_monitor",
        password=pulumi.Output.secret(f"{PASSWORD}-monitor"),
        verifier=pulumi.Output.secret("SCRAM-SHA-256$4096:x"),
        version="version-1",
        secret_arn="arn:aws:secretsmanager:us-east-1:123456789012:secret:monitor",
    )


def servers_of(subject):
    names = (subject.primary, *subject.replicas)
    servers = [
        PostgresTarget(
            key=str(index),
            instance=name,
            host=f"{name}.rds.example.com",
            port=5432,
            database="ros",
            authority="-----BEGIN CERTIFICATE-----",
        )
        for index, name in enumerate(names)
    ]
    if subject.has_coordinator:
        servers.append(
            PostgresTarget(
                key="coordinator",
                instance=COORDINATOR,
                host="citus.citus.svc",
                port=7432,
                database="ros",
                authority="-----BEGIN CERTIFICATE-----",
            )
        )
    return servers


def observability_args(ready, settings, *, channels=None, certificates=None):
    """As the program wires them, with plain values where it has other components' outputs."""
    subject = Subject(PLAN, settings)
    return ObservabilityArgs(
        alertmanager_role=ready,
        cloudwatch_role=ready,
        place=place(prefix=settings.prefix, region=settings.region, account_id=ACCOUNT),
        keys=keys(logs_arn=KEY),
        cluster=cluster_handle(ready, name=CLUSTER),
        settings=settings.observability,
        plan=PLAN.observability,
        alerts=settings.alerts,
        channels={file: pulumi.Output.secret(value) for file, value in (channels or {}).items()},
        rule_groups=rule_groups(subject),
        dashboards=dashboards(subject),
        targets=stack_targets(subject),
        alarms=stack_alarms(subject),
        adapter_rules=adapter_rules(subject),
        cloudwatch_config=cloudwatch_exporter_config(subject),
        instances=[subject.primary, *subject.replicas],
        primary=subject.primary,
        certificates=certificates or {},
        cache=redis_target("cache"),
        queue=redis_target("queue"),
        servers=servers_of(subject),
        monitor=monitor(),
        queue_plan=PLAN.queue,
        jobs=settings.queue,
        replicas=2 if settings.nodes.karpenter else 1,
        watches_citus=subject.has_coordinator,
        event_rules_page=True,
        flows=network_flows(stack(keda=subject.uses_keda, citus=subject.has_coordinator)),
    )
