"""CloudWatch's own alarms, and what CloudWatch has to be made to measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.identity.encryption import Keys
from components.shared.computed_text import computed_text
from components.shared.place import Place
from rendering.database.events import backup_log_policy, backup_pattern, io_wait_pattern
from rendering.observability.alerting.stores import BACKUP_RULE_SUFFIX
from rendering.observability.cloudwatch_alarms import RDS_ALARM_CATEGORIES, Alarm
from rendering.observability.cloudwatch_metrics import DATABASE_NAMESPACE, IO_WAIT_METRIC

ENHANCED_MONITORING_LOG = "RDSOSMetrics"
"""One for all instances of an account and region; RDS makes it with the first of them."""

BACKUP_LOG_RETENTION_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class AlarmsArgs:
    """The alarms, the topics that they tell, and the instances that they wait for."""

    place: Place
    keys: Keys

    alarms: Mapping[str, Sequence[Alarm]]
    """The alarms to make, by the topic that each tells."""

    topics: Mapping[str, Input[str]]
    """ARNs of the topics, by route: page and ticket."""

    instances: Sequence[Input[str]]
    """RDS identifiers, outputs of the instances themselves, which therefore come first."""

    primary: str
    """The identifier of the one whose backups and I/O wait count, as plain text."""


class Alarms(ComponentResource):
    """Alarms, RDS's events that page, and two measures that RDS itself lacks: I/O wait, backups."""

    def __init__(self, name: str, args: AlarmsArgs, opts: ResourceOptions | None = None) -> None:
        summary = {"alarms": sum(map(len, args.alarms.values()))}
        super().__init__("researchflow:observability:Alarms", name, summary, opts)
        self._name, self._args = name, args
        for route, alarms in args.alarms.items():
            for alarm in alarms:
                self._build_alarm(alarm, args.topics[route])
        self._build_events()
        self._build_io_wait()
        self._build_backup_count()
        self.register_outputs({})

    def _build_alarm(self, alarm: Alarm, topic_arn: Input[str]) -> None:
        metric_alarm(f"{self._name}-{alarm.key}", self._args.place.prefix, alarm, topic_arn, self)

    def _build_events(self) -> None:
        aws.rds.EventSubscription(
            f"{self._name}-database-events",
            sns_topic=self._args.topics["page"],
            source_type="db-instance",
            source_ids=list(self._args.instances),
            event_categories=list(RDS_ALARM_CATEGORIES),
            opts=ResourceOptions(parent=self),
        )

    def _build_io_wait(self) -> None:
        prefix = self._args.place.prefix
        aws.cloudwatch.LogMetricFilter(
            f"{self._name}-io-wait",
            name=f"{prefix}-io-wait",
            # Through the instances, since the log group appears with the first one's first minute.
            log_group_name=Output.all(*self._args.instances).apply(
                lambda _: ENHANCED_MONITORING_LOG
            ),
            pattern=io_wait_pattern(self._args.primary),
            metric_transformation=aws.cloudwatch.LogMetricFilterMetricTransformationArgs(
                namespace=DATABASE_NAMESPACE,
                name=IO_WAIT_METRIC,
                value="$.cpuUtilization.wait",
                unit="Percent",
                dimensions={"DBInstanceIdentifier": "$.instanceID"},
            ),
            opts=ResourceOptions(parent=self),
        )

    def _build_backup_count(self) -> None:
        """A rule that hears each finished backup: how often it ran is in CloudWatch's own metrics.

        Its target is a log, since a rule without one counts nothing.
        """
        args = self._args
        child = ResourceOptions(parent=self)
        group = aws.cloudwatch.LogGroup(
            f"{self._name}-backups",
            # EventBridge writes to groups of this beginning alone.
            name=f"/aws/events/{args.place.prefix}{BACKUP_RULE_SUFFIX}",
            retention_in_days=BACKUP_LOG_RETENTION_DAYS,
            kms_key_id=args.keys.logs_arn,
            opts=child,
        )
        policy = aws.cloudwatch.LogResourcePolicy(
            f"{self._name}-backups",
            policy_name=f"{args.place.prefix}{BACKUP_RULE_SUFFIX}",
            policy_document=computed_text(group.arn).apply(
                lambda arn: backup_log_policy(
                    arn, args.place.region, args.place.account_id, args.place.prefix
                )
            ),
            opts=child,
        )
        rule = aws.cloudwatch.EventRule(
            f"{self._name}-backups",
            name=f"{args.place.prefix}{BACKUP_RULE_SUFFIX}",
            description=f"{args.primary}: automated backups that ended",
            event_pattern=backup_pattern(args.primary),
            opts=child,
        )
        aws.cloudwatch.EventTarget(
            f"{self._name}-backups",
            rule=rule.name,
            arn=group.arn,
            opts=ResourceOptions(parent=self, depends_on=[policy]),
        )


def metric_alarm(
    name: str,
    prefix: str,
    alarm: Alarm,
    topic_arn: Input[str],
    parent: ComponentResource,
    *,
    region: str | None = None,
    dimensions: Mapping[str, Input[str]] | None = None,
) -> aws.cloudwatch.MetricAlarm:
    """The alarm, which also says when it is over. `dimensions` replace its own plain ones."""
    return aws.cloudwatch.MetricAlarm(
        name,
        name=f"{prefix}-{alarm.key}",
        alarm_description=alarm.description,
        namespace=alarm.namespace,
        metric_name=alarm.metric,
        statistic=alarm.statistic,
        dimensions=dimensions or dict(alarm.dimensions),
        comparison_operator=alarm.comparison,
        threshold=alarm.threshold,
        period=alarm.period_seconds,
        evaluation_periods=alarm.periods,
        treat_missing_data=alarm.missing,
        alarm_actions=[topic_arn],
        ok_actions=[topic_arn],
        region=region,
        opts=ResourceOptions(parent=parent),
    )
