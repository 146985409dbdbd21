"""Health checks that decide which of two sites a domain's failover records answer with."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.shared.place import Place
from rendering.shared.endpoints import READY_PATH
from scaleplan.recovery.times import HEALTH_CHECK_FAILURES, HEALTH_CHECK_INTERVAL_SECONDS


@dataclass(frozen=True, kw_only=True)
class FailoverChecksArgs:
    """The two sites' names; neither is the domain, which leads to either."""

    place: Place

    endpoint: Input[str]
    """A name that always leads to the primary site."""

    site_name: str
    """A name that always leads to the recovery site."""


class FailoverChecks(ComponentResource):
    """Two health checks, by which the domain's failover records answer with one site or the other.

    The primary site counts as healthy while it answers and the recovery site does not. So the
    domain goes to the recovery site when that says that it is ready, and stays there though the
    primary comes back: two sites must never both take writes. Before that, a primary that is down
    is answered with all the same, there being nothing better. Health checks and answers are
    Route 53's data plane, which stands in no region; nothing has to be changed for a failover.
    """

    primary_check_id: Output[str]
    site_check_id: Output[str]

    def __init__(
        self, name: str, args: FailoverChecksArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("researchflow:edge:FailoverChecks", name, {"site": args.site_name}, opts)
        self._name, self._prefix = name, args.place.prefix
        primary = self._endpoint("primary", args.endpoint)
        site = self._endpoint("site", args.site_name)
        waits = self._of("site-waits", [site], needed=1, inverted=True)
        alone = self._of("primary-alone", [primary, waits], needed=2, inverted=False)
        self.primary_check_id = alone.id.apply(str)
        self.site_check_id = site.id.apply(str)
        self.register_outputs(
            {"primaryCheckId": self.primary_check_id, "siteCheckId": self.site_check_id}
        )

    def _endpoint(self, role: str, host: Input[str]) -> aws.route53.HealthCheck:
        return aws.route53.HealthCheck(
            f"{self._name}-{role}",
            reference_name=f"{self._prefix}-{role}",
            type="HTTPS",
            fqdn=host,
            port=443,
            resource_path=READY_PATH,
            enable_sni=True,
            request_interval=HEALTH_CHECK_INTERVAL_SECONDS,
            failure_threshold=HEALTH_CHECK_FAILURES,
            tags={"Name": f"{self._prefix} {role}"},
            opts=ResourceOptions(parent=self),
        )

    def _of(
        self, role: str, checks: list[aws.route53.HealthCheck], *, needed: int, inverted: bool
    ) -> aws.route53.HealthCheck:
        return aws.route53.HealthCheck(
            f"{self._name}-{role}",
            reference_name=f"{self._prefix}-{role}",
            type="CALCULATED",
            child_healthchecks=[check.id for check in checks],
            child_health_threshold=needed,
            invert_healthcheck=inverted,
            tags={"Name": f"{self._prefix} {role}"},
            opts=ResourceOptions(parent=self),
        )
