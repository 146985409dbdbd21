"""What happens to the database instances, told to whoever subscribes to one SNS topic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.shared.place import Place
from rendering.observability.topic_policies import database_events_policy

EVENT_CATEGORIES = (
    "availability",
    "configuration change",
    "deletion",
    "failover",
    "failure",
    "low storage",
    "maintenance",
    "notification",
    "read replica",
    "recovery",
    "restoration",
    "security",
)
"""Of RDS's categories of a DB instance, all but the daily ones: `backup` and `creation` (RDS user
guide, "Amazon RDS event categories and event messages")."""


@dataclass(frozen=True, kw_only=True)
class DatabaseEventsArgs:
    """The instances that are listened to, and what encrypts the topic."""

    place: Place

    instances: Sequence[Input[str]]
    """Identifiers of the instances."""

    key_arn: Input[str]
    """A key that admits RDS's events."""


class DatabaseEvents(ComponentResource):
    """An encrypted topic, and RDS's subscription that fills it."""

    topic_arn: Output[str]

    def __init__(
        self, name: str, args: DatabaseEventsArgs, opts: ResourceOptions | None = None
    ) -> None:
        summary = {"instances": len(args.instances)}
        super().__init__("researchflow:data:DatabaseEvents", name, summary, opts)
        topic = aws.sns.Topic(
            f"{name}-topic",
            # Explicit, because people subscribe to it by its name, outside the program.
            name=f"{args.place.prefix}-database-events",
            kms_master_key_id=args.key_arn,
            opts=ResourceOptions(parent=self),
        )
        policy = aws.sns.TopicPolicy(
            f"{name}-topic",
            arn=topic.arn,
            policy=topic.arn.apply(lambda arn: database_events_policy(arn, args.place.account_id)),
            opts=ResourceOptions(parent=self),
        )
        aws.rds.EventSubscription(
            f"{name}-subscription",
            sns_topic=topic.arn,
            source_type="db-instance",
            source_ids=list(args.instances),
            event_categories=list(EVENT_CATEGORIES),
            # RDS tries the topic out when it subscribes.
            opts=ResourceOptions(parent=self, depends_on=[policy]),
        )
        self.topic_arn = topic.arn
        self.register_outputs({"topicArn": self.topic_arn})
