"""The web application firewall before the edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions

from components.shared.log_bucket import LogBucket, LogBucketArgs
from components.shared.place import Place
from scaleplan.edge.limits import WINDOW_SECONDS

CLOUDFRONT_REGION = "us-east-1"
"""A web ACL of scope CLOUDFRONT exists in this region alone."""


@dataclass(frozen=True, kw_only=True)
class ManagedRules:
    """One of AWS's rule groups."""

    name: str
    """The group's name at AWS."""

    counted: Sequence[str] = ()
    """Names of its rules that are counted instead of blocking; empty for none."""


MANAGED_RULES = (
    ManagedRules(name="AWSManagedRulesAmazonIpReputationList"),
    # The rule refuses bodies over 8 KB: a dataset or a manuscript is larger.
    ManagedRules(name="AWSManagedRulesCommonRuleSet", counted=("SizeRestrictions_BODY",)),
    ManagedRules(name="AWSManagedRulesKnownBadInputsRuleSet"),
    ManagedRules(name="AWSManagedRulesSQLiRuleSet"),
)
"""In the order of evaluation, cheapest first; together 1125 of the 1500 capacity units that cost
nothing extra (WAF guide, "AWS Managed Rules rule groups list")."""

_HIDDEN_HEADERS = ("authorization", "cookie")
"""Headers that are credentials; logs and samples have them substituted."""


@dataclass(frozen=True, kw_only=True)
class FirewallLogArgs:
    """Where the log is kept, and for how long; the place guards its bucket."""

    place: Place

    retention_days: int
    """How many days the log is kept."""


@dataclass(frozen=True, kw_only=True)
class FirewallArgs:
    """Before what the firewall stands, what it holds back, and what it writes down."""

    requests_per_five_minutes: int
    """How many requests one address may send before it is held back."""

    blocks: bool
    """Whether requests that match a rule are blocked; else they are counted, to see what a rule
    would do before it does."""

    log: FirewallLogArgs | None
    """The log and samples of what a rule matched, both of which stand in us-east-1; None keeps
    neither."""

    regional: bool = False
    """Whether it stands before a load balancer of the stack's region instead of the edge."""


class Firewall(ComponentResource):
    """A web ACL that lets all in but floods from one address and what AWS's rule groups match.

    Samples of requests are kept by WAF for three hours; credentials, bodies and queries are taken
    out of them and of the log, because they may hold patients' data.
    """

    web_acl_arn: Output[str]

    def __init__(self, name: str, args: FirewallArgs, opts: ResourceOptions | None = None) -> None:
        summary = {
            "blocks": args.blocks,
            "ruleGroups": len(MANAGED_RULES),
            "requestsPerFiveMinutes": args.requests_per_five_minutes,
        }
        super().__init__("researchflow:security:Firewall", name, summary, opts)
        acl = aws.wafv2.WebAcl(
            f"{name}-acl",
            scope="REGIONAL" if args.regional else "CLOUDFRONT",
            region=None if args.regional else CLOUDFRONT_REGION,
            description="Before the edge of ResearchFlow",
            default_action=aws.wafv2.WebAclDefaultActionArgs(
                allow=aws.wafv2.WebAclDefaultActionAllowArgs()
            ),
            rules=[
                _rate_rule(args),
                *(
                    _managed_rule(args, rules, priority)
                    for priority, rules in enumerate(MANAGED_RULES, start=1)
                ),
            ],
            data_protection_config=_hidden_from_samples(),
            visibility_config=aws.wafv2.WebAclVisibilityConfigArgs(
                cloudwatch_metrics_enabled=True,
                metric_name="edge",
                sampled_requests_enabled=args.log is not None,
            ),
            opts=ResourceOptions(parent=self),
        )
        if args.log is not None:
            self._log(name, args.log, acl)
        self.web_acl_arn = acl.arn
        self.register_outputs({"webAclArn": self.web_acl_arn})

    def _log(self, name: str, args: FirewallLogArgs, acl: aws.wafv2.WebAcl) -> None:
        """The log of what a rule blocked or counted; the rest is in the access log."""
        bucket = LogBucket(
            f"{name}-log",
            LogBucketArgs(
                place=args.place,
                bucket=f"aws-waf-logs-{args.place.prefix}-{args.place.account_id}",
                region=CLOUDFRONT_REGION,
                retention_days=args.retention_days,
            ),
            ResourceOptions(parent=self),
        )
        aws.wafv2.WebAclLoggingConfiguration(
            f"{name}-logging",
            resource_arn=acl.arn,
            log_destination_configs=[bucket.bucket_arn],
            logging_filter=_blocked_or_counted(),
            redacted_fields=_hidden_from_log(),
            region=CLOUDFRONT_REGION,
            # An ACL has one: the old one's deletion would take the new one away.
            opts=ResourceOptions(
                parent=self, depends_on=[bucket.writable], delete_before_replace=True
            ),
        )


def _rate_rule(args: FirewallArgs) -> aws.wafv2.WebAclRuleArgs:
    return aws.wafv2.WebAclRuleArgs(
        name="rate-per-address",
        priority=0,
        action=(
            aws.wafv2.WebAclRuleActionArgs(block=aws.wafv2.WebAclRuleActionBlockArgs())
            if args.blocks
            else aws.wafv2.WebAclRuleActionArgs(count=aws.wafv2.WebAclRuleActionCountArgs())
        ),
        statement=aws.wafv2.WebAclRuleStatementArgs(
            rate_based_statement=aws.wafv2.WebAclRuleStatementRateBasedStatementArgs(
                aggregate_key_type="IP",
                evaluation_window_sec=WINDOW_SECONDS,
                limit=args.requests_per_five_minutes,
            )
        ),
        visibility_config=_visibility(args, "rate-per-address"),
    )


def _managed_rule(
    args: FirewallArgs, rules: ManagedRules, priority: int
) -> aws.wafv2.WebAclRuleArgs:
    counted = [
        aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideArgs(
            name=rule,
            action_to_use=aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideActionToUseArgs(
                count=aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideActionToUseCountArgs()
            ),
        )
        for rule in rules.counted
    ]
    return aws.wafv2.WebAclRuleArgs(
        name=rules.name,
        priority=priority,
        override_action=(
            aws.wafv2.WebAclRuleOverrideActionArgs(
                none=aws.wafv2.WebAclRuleOverrideActionNoneArgs()
            )
            if args.blocks
            else aws.wafv2.WebAclRuleOverrideActionArgs(
                count=aws.wafv2.WebAclRuleOverrideActionCountArgs()
            )
        ),
        statement=aws.wafv2.WebAclRuleStatementArgs(
            managed_rule_group_statement=aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementArgs(
                vendor_name="AWS", name=rules.name, rule_action_overrides=counted or None
            )
        ),
        visibility_config=_visibility(args, rules.name),
    )


def _visibility(args: FirewallArgs, metric: str) -> aws.wafv2.WebAclRuleVisibilityConfigArgs:
    return aws.wafv2.WebAclRuleVisibilityConfigArgs(
        cloudwatch_metrics_enabled=True,
        metric_name=metric,
        sampled_requests_enabled=args.log is not None,
    )


def _hidden_from_samples() -> aws.wafv2.WebAclDataProtectionConfigArgs:
    fields = {
        "SINGLE_HEADER": list(_HIDDEN_HEADERS),
        "SINGLE_COOKIE": None,
        "QUERY_STRING": None,
        "BODY": None,
    }
    return aws.wafv2.WebAclDataProtectionConfigArgs(
        data_protections=[
            aws.wafv2.WebAclDataProtectionConfigDataProtectionArgs(
                action="SUBSTITUTION",
                field=aws.wafv2.WebAclDataProtectionConfigDataProtectionFieldArgs(
                    field_type=field_type, field_keys=keys
                ),
            )
            for field_type, keys in fields.items()
        ]
    )


def _blocked_or_counted() -> aws.wafv2.WebAclLoggingConfigurationLoggingFilterArgs:
    return aws.wafv2.WebAclLoggingConfigurationLoggingFilterArgs(
        default_behavior="DROP",
        filters=[
            aws.wafv2.WebAclLoggingConfigurationLoggingFilterFilterArgs(
                behavior="KEEP",
                requirement="MEETS_ANY",
                conditions=[
                    aws.wafv2.WebAclLoggingConfigurationLoggingFilterFilterConditionArgs(
                        action_condition=aws.wafv2.WebAclLoggingConfigurationLoggingFilterFilterConditionActionConditionArgs(
                            action=action
                        )
                    )
                    # EXCLUDED_AS_COUNT: counted by an override inside a rule group.
                    for action in ("BLOCK", "COUNT", "EXCLUDED_AS_COUNT")
                ],
            )
        ],
    )


def _hidden_from_log() -> list[aws.wafv2.WebAclLoggingConfigurationRedactedFieldArgs]:
    """WAF logs no body; what else may hold a patient's data or a credential is redacted."""
    headers = [
        aws.wafv2.WebAclLoggingConfigurationRedactedFieldArgs(
            single_header=aws.wafv2.WebAclLoggingConfigurationRedactedFieldSingleHeaderArgs(
                name=name
            )
        )
        for name in (*_HIDDEN_HEADERS, "referer")
    ]
    return [
        *headers,
        aws.wafv2.WebAclLoggingConfigurationRedactedFieldArgs(
            query_string=aws.wafv2.WebAclLoggingConfigurationRedactedFieldQueryStringArgs()
        ),
    ]
