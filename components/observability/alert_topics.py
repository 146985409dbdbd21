"""The SNS topics that alerts and alarms go to, in one region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.shared.place import Place
from rendering.observability.topic_policies import alert_topic_policy


@dataclass(frozen=True, kw_only=True)
class AlertTopicsArgs:
    """The topics of one region, who hears them, and who may publish."""

    place: Place

    names: Sequence[str]
    """How the topics' names end, the prefix before them."""

    subscribed: Sequence[str]
    """Those of the names that people subscribe to by mail."""

    emails: Sequence[str]
    """Addresses that subscribe to each of those; empty for nobody."""

    key_arn: Input[str]
    """A key of that region that admits CloudWatch."""

    event_rules: Sequence[str] = ()
    """Those of the names that EventBridge's rules may publish to."""

    region: str | None = None
    """The region of the topics; None is the stack's own."""


class AlertTopics(ComponentResource):
    """Encrypted topics with their policies and subscribers, each of whom confirms a mail once."""

    arns: dict[str, Output[str]]

    def __init__(
        self, name: str, args: AlertTopicsArgs, opts: ResourceOptions | None = None
    ) -> None:
        summary = {"topics": len(args.names), "emails": len(args.emails)}
        super().__init__("researchflow:observability:AlertTopics", name, summary, opts)
        self._name, self._args = name, args
        self.arns = {topic: self._build_topic(topic) for topic in args.names}
        self.register_outputs({"arns": self.arns})

    def _build_topic(self, role: str) -> Output[str]:
        args = self._args
        child = ResourceOptions(parent=self)
        topic = aws.sns.Topic(
            f"{self._name}-{role}",
            # Explicit, because people subscribe to it by its name, outside the program.
            name=f"{args.place.prefix}-{role}",
            kms_master_key_id=args.key_arn,
            region=args.region,
            opts=child,
        )
        policy = aws.sns.TopicPolicy(
            f"{self._name}-{role}",
            arn=topic.arn,
            policy=topic.arn.apply(
                lambda arn: alert_topic_policy(
                    arn, args.place.account_id, event_rules=role in args.event_rules
                )
            ),
            region=args.region,
            opts=child,
        )
        for number, email in enumerate(args.emails if role in args.subscribed else ()):
            aws.sns.TopicSubscription(
                f"{self._name}-{role}-{number}",
                topic=topic.arn,
                protocol="email",
                endpoint=email,
                region=args.region,
                opts=child,
            )
        # Through the policy: RDS tries the topic out when it subscribes.
        return Output.all(arn=topic.arn, policy=policy.id).apply(lambda known: known["arn"])
