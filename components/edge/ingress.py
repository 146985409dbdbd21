"""The load balancer: internal, reached through CloudFront alone, routing by path to pods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.shared.place import Place
from rendering.shared.endpoints import (
    API_PATHS,
    BALANCER_IDLE_TIMEOUT_SECONDS,
    COLLABORATION,
    HEALTH_PATHS,
    ORCHESTRATOR,
    READY_PATH,
    SERVED,
    SOCKET_PATHS,
    WEB,
    Endpoint,
    stickiness_seconds,
)

TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
"""TLS 1.3, and 1.2 with forward secrecy for CloudFront, which speaks TLS 1.2 to origins."""


class Listener(aws.lb.Listener):
    """A load balancer's listener; without mutual TLS its `mutualAuthentication` may be empty.

    One output is left untyped: the SDK stops the program, after everything has been created, when
    an object of a declared type arrives as an empty list. Nothing here reads it.
    """

    @property
    @pulumi.getter(name="mutualAuthentication")
    def mutual_authentication(self) -> Output[Any]:
        """Whatever the provider answered."""
        return pulumi.get(self, "mutual_authentication")


@dataclass(frozen=True, kw_only=True)
class PublicEntry:
    """The public address that a recovery site's load balancer has."""

    subnet_ids: Input[list[str]]
    """Public subnets that the load balancer stands in."""

    opened: bool
    """Whether the site serves: until then it answers health checks with 503 whatever its pods
    say."""


@dataclass(frozen=True, kw_only=True)
class IngressArgs:
    """Where the load balancer stands, and who reaches it."""

    place: Place

    cluster_security_group_id: Input[str]
    """The group of nodes and pods, which the load balancer may connect to."""

    vpc_id: Input[str]
    """The VPC of load balancer and target groups."""

    private_subnet_ids: Input[list[str]]
    """Subnets of the load balancer where it is not public, one a zone."""

    cloudfront_prefix_list_id: str
    """CloudFront's origin-facing list in the region: the addresses that may connect."""

    certificate_arn: Input[str] | None
    """The certificate that the listener shows. None: it speaks plain HTTP, which only a stack
    without a domain may do."""

    public: PublicEntry | None = None
    """The public address of a recovery site; None behind an edge."""


class Ingress(ComponentResource):
    """One ALB in the private subnets: no public address, so only a VPC origin of this account
    reaches it.

    Its security group admits CloudFront's origin-facing prefix list. The narrower choice, the
    group `CloudFront-VPCOrigins-Service-SG`, is made by AWS with the first VPC origin of the VPC,
    hence after the load balancer: it would take a second deployment and a lookup (CloudFront
    guide, "Restrict access with VPC origins", which allows either). The list counts as 55 of a
    group's 60 rules, so this group has no other way in.
    """

    load_balancer_arn: Output[str]
    dns_name: Output[str]
    zone_id: Output[str]
    target_group_arns: dict[str, Output[str]]

    def __init__(self, name: str, args: IngressArgs, opts: ResourceOptions | None = None) -> None:
        https = args.certificate_arn is not None
        public = args.public
        summary = {"internal": public is None, "https": https, "targetGroups": len(SERVED)}
        super().__init__("researchflow:network:Ingress", name, summary, opts)
        self._name = name
        group = self._security_group(args, port=443 if https else 80)
        balancer = aws.lb.LoadBalancer(
            f"{name}-balancer",
            internal=public is None,
            load_balancer_type="application",
            ip_address_type="ipv4",
            subnets=public.subnet_ids if public else args.private_subnet_ids,
            security_groups=[group.id],
            idle_timeout=BALANCER_IDLE_TIMEOUT_SECONDS,
            enable_http2=True,
            drop_invalid_header_fields=True,
            desync_mitigation_mode="defensive",
            enable_deletion_protection=args.place.protect,
            tags={"Name": args.place.prefix},
            opts=ResourceOptions(parent=self, protect=args.place.protect),
        )
        groups = {served.application: self._target_group(args, served) for served in SERVED}
        listener = self._listener(args, balancer, groups[WEB.application])
        if public and not public.opened:
            self._shut(listener)
        self._route(listener, "health", 5, HEALTH_PATHS, groups[ORCHESTRATOR.application])
        self._route(listener, "api", 10, API_PATHS, groups[ORCHESTRATOR.application])
        self._route(listener, "collab", 20, SOCKET_PATHS, groups[COLLABORATION.application])
        self.load_balancer_arn = balancer.arn
        self.dns_name = balancer.dns_name
        self.zone_id = balancer.zone_id
        # Through the listener: pods registered in a group that no balancer uses never get healthy.
        self.target_group_arns = {
            application: Output.all(group=group.arn, listener=listener.arn).apply(
                lambda arns: arns["group"]
            )
            for application, group in groups.items()
        }
        self.register_outputs({"loadBalancerArn": self.load_balancer_arn, "dnsName": self.dns_name})

    def _security_group(self, args: IngressArgs, port: int) -> aws.ec2.SecurityGroup:
        child = ResourceOptions(parent=self)
        group = aws.ec2.SecurityGroup(
            f"{self._name}-balancer",
            description="Load balancer: from CloudFront, to the pods of the served applications",
            vpc_id=args.vpc_id,
            opts=child,
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-from-{'everybody' if args.public else 'cloudfront'}",
            security_group_id=group.id,
            description="Everybody, by the firewall"
            if args.public
            else "CloudFront's origin-facing servers, by VPC origin",
            cidr_ipv4="0.0.0.0/0" if args.public else None,
            prefix_list_id=None if args.public else args.cloudfront_prefix_list_id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            opts=child,
        )
        for served in SERVED:
            self._path_to_pods(args, group, served)
        return group

    def _path_to_pods(
        self, args: IngressArgs, group: aws.ec2.SecurityGroup, served: Endpoint
    ) -> None:
        child = ResourceOptions(parent=self)
        aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-to-{served.application}",
            security_group_id=group.id,
            description=f"To the pods of {served.application}",
            referenced_security_group_id=args.cluster_security_group_id,
            ip_protocol="tcp",
            from_port=served.port,
            to_port=served.port,
            opts=child,
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-into-{served.application}",
            security_group_id=args.cluster_security_group_id,
            description=f"Load balancer to the pods of {served.application}",
            referenced_security_group_id=group.id,
            ip_protocol="tcp",
            from_port=served.port,
            to_port=served.port,
            opts=child,
        )

    def _target_group(self, args: IngressArgs, served: Endpoint) -> aws.lb.TargetGroup:
        sticky = served is COLLABORATION
        # Auto-named: with its random suffix the longest logical name stays within the 32
        # characters that AWS takes.
        return aws.lb.TargetGroup(
            f"{self._name}-{served.application}",
            vpc_id=args.vpc_id,
            target_type="ip",
            protocol="HTTP",
            port=served.port,
            deregistration_delay=served.drain_seconds,
            # Sockets stay where they are: by turns, a new pod would never catch up.
            load_balancing_algorithm_type="least_outstanding_requests",
            health_check=aws.lb.TargetGroupHealthCheckArgs(
                enabled=True,
                path=READY_PATH,
                port="traffic-port",
                protocol="HTTP",
                matcher="200",
                interval=10,
                timeout=5,
                healthy_threshold=2,
                unhealthy_threshold=2,
            ),
            stickiness=aws.lb.TargetGroupStickinessArgs(
                enabled=True, type="lb_cookie", cookie_duration=stickiness_seconds()
            )
            if sticky
            else None,
            opts=ResourceOptions(parent=self),
        )

    def _listener(
        self, args: IngressArgs, balancer: aws.lb.LoadBalancer, default: aws.lb.TargetGroup
    ) -> aws.lb.Listener:
        https = args.certificate_arn is not None
        return Listener(
            f"{self._name}-listener",
            load_balancer_arn=balancer.arn,
            port=443 if https else 80,
            protocol="HTTPS" if https else "HTTP",
            certificate_arn=args.certificate_arn,
            ssl_policy=TLS_POLICY if https else None,
            default_actions=[
                aws.lb.ListenerDefaultActionArgs(type="forward", target_group_arn=default.arn)
            ],
            opts=ResourceOptions(parent=self),
        )

    def _shut(self, listener: aws.lb.Listener) -> None:
        """A rule that refuses readiness before any pod is asked: nobody verified the site yet."""
        aws.lb.ListenerRule(
            f"{self._name}-shut",
            listener_arn=listener.arn,
            priority=1,
            actions=[
                aws.lb.ListenerRuleActionArgs(
                    type="fixed-response",
                    fixed_response=aws.lb.ListenerRuleActionFixedResponseArgs(
                        content_type="text/plain", message_body="standby", status_code="503"
                    ),
                )
            ],
            conditions=[
                aws.lb.ListenerRuleConditionArgs(
                    path_pattern=aws.lb.ListenerRuleConditionPathPatternArgs(values=[READY_PATH])
                )
            ],
            opts=ResourceOptions(parent=self),
        )

    def _route(
        self,
        listener: aws.lb.Listener,
        role: str,
        priority: int,
        paths: Sequence[str],
        target: aws.lb.TargetGroup,
    ) -> None:
        aws.lb.ListenerRule(
            f"{self._name}-{role}",
            listener_arn=listener.arn,
            priority=priority,
            actions=[aws.lb.ListenerRuleActionArgs(type="forward", target_group_arn=target.arn)],
            conditions=[
                aws.lb.ListenerRuleConditionArgs(
                    path_pattern=aws.lb.ListenerRuleConditionPathPatternArgs(values=list(paths))
                )
            ],
            opts=ResourceOptions(parent=self),
        )
