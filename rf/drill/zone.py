"""A zone is lost with what stands in it: the balancer leaves it, copies take over, pods move."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rf.aws.lb.targets import TARGET_GROUP
from rf.drill.primary import verify_step
from rf.drill.steps import DrillStep, Duration, StepBasis, Who, require
from rf.drill.takeovers import takeovers_of
from rf.drill.world import DrillWorld
from rf.shared.plan import RecordedPlan, reveal
from scaleplan.capacity.result import Loss
from scaleplan.capacity.survivors import moved_seconds
from scaleplan.settings import Settings

TAINT_SOURCE = "https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/"


def zone_runbook(settings: Settings, plan: RecordedPlan) -> Iterator[DrillStep[DrillWorld]]:
    """The stack's first zone is lost, and with it every primary, which is the worst case."""
    yield _balancer_leaves(plan)
    yield from takeovers_of(settings, plan)
    yield _pods(settings)
    yield verify_step(settings, Loss.AZ)


def _balancer_leaves(plan: RecordedPlan) -> DrillStep[DrillWorld]:
    checks = [reveal(group.inputs)["healthCheck"] for group in plan.of_type(TARGET_GROUP)]
    slowest = max(check["interval"] * check["unhealthyThreshold"] for check in checks)
    return DrillStep(
        name="balancer-leaves",
        title="the load balancer sends no request to the zone any more",
        who=Who.AUTOMATIC,
        command="the ALB itself, by its health checks",
        action=_lose_ways_out,
        verify=_other_zones_stand,
        duration=Duration(
            seconds=slowest,
            basis=StepBasis.SETTING,
            source="target groups: interval times unhealthyThreshold",
        ),
    )


def _lose_ways_out(world: DrillWorld) -> None:
    """Take the zone's way out of the VPC away, so that nothing else may need it."""
    for gateway in _gateways(world, lost=True):
        world.act("ec2", "DeleteNatGateway", world.place.settings.region, NatGatewayId=gateway)


def _gateways(world: DrillWorld, *, lost: bool) -> list[str]:
    """NAT gateways in the lost zone, or in the others."""
    region, zone = world.place.settings.region, world.place.settings.availability_zones[0]
    subnets = world.see("ec2", "DescribeSubnets", region)["Subnets"]
    zones = {subnet["SubnetId"]: subnet["AvailabilityZone"] for subnet in subnets}
    gateways = world.see("ec2", "DescribeNatGateways", region)["NatGateways"]
    return [
        gateway["NatGatewayId"]
        for gateway in gateways
        if gateway["State"] == "available" and (zones[gateway["SubnetId"]] == zone) is lost
    ]


def _other_zones_stand(world: DrillWorld) -> Sequence[str]:
    settings = world.place.settings
    region, zone = settings.region, settings.availability_zones[0]
    balancers = world.see("elbv2", "DescribeLoadBalancers", region)["LoadBalancers"]
    for balancer in balancers:
        zones = {each["ZoneName"] for each in balancer["AvailabilityZones"]} - {zone}
        require(zones, f"the load balancer {balancer['LoadBalancerName']} stands in {zone} alone")
    left = set(_gateways(world, lost=False))
    require(left, f"the only NAT gateway stood in {zone}: no zone has a way out")
    subnets = world.see("ec2", "DescribeSubnets", region)["Subnets"]
    zones = {subnet["SubnetId"]: subnet["AvailabilityZone"] for subnet in subnets}
    for table in world.see("ec2", "DescribeRouteTables", region)["RouteTables"]:
        ways = {route["NatGatewayId"] for route in table["Routes"] if route.get("NatGatewayId")}
        used = {
            zones[link["SubnetId"]] for link in table["Associations"] if link.get("SubnetId")
        } - {zone}
        require(
            not used or ways <= left,
            f"{', '.join(sorted(used))} went out through {zone}, which is lost",
        )
    return [
        f"{len(balancers)} load balancer has other zones beside {zone}",
        f"every other zone goes out through one of {len(left)} NAT gateways that are left",
    ]


def _pods(settings: Settings) -> DrillStep[DrillWorld]:
    return DrillStep(
        name="pods-move",
        title="pods of the zone are evicted and start elsewhere, on new nodes where they must",
        who=Who.AUTOMATIC,
        command="Kubernetes and Karpenter themselves",
        action=lambda _: None,
        verify=_pods_may_move,
        duration=Duration(
            seconds=moved_seconds(settings.load.assumptions),
            basis=StepBasis.VENDOR,
            source=f"{TAINT_SOURCE}; node and pod: scaleplan/plan.yaml, assumptions",
        ),
        within_rto=False,
    )


def _pods_may_move(world: DrillWorld) -> Sequence[str]:
    """Read from the plan: no pod runs in the sandbox."""
    zone = world.place.settings.availability_zones[0]
    deployments = world.place.objects("Deployment")
    for deployment in deployments:
        pod = deployment["spec"]["template"]["spec"]
        name = deployment["metadata"]["name"]
        chosen = (pod.get("nodeSelector") or {}).get("topology.kubernetes.io/zone")
        require(chosen != zone, f"{name} may run in {zone} alone")
        for spread in pod.get("topologySpreadConstraints") or []:
            pinned = spread["whenUnsatisfiable"] == "DoNotSchedule"
            by_zone = spread["topologyKey"] == "topology.kubernetes.io/zone"
            honours = spread.get("nodeTaintsPolicy") == "Honor"
            require(
                not (pinned and by_zone) or honours,
                f"{name} must spread over zones, and counts nodes that are lost",
            )
    return [f"planned: {len(deployments)} Deployments, none bound to {zone}"]
