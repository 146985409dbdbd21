"""The load balancer: who reaches it, where it sends, and how long it waits."""

import pytest

from components.edge.ingress import Ingress, IngressArgs
from rendering.shared.endpoints import SERVED
from tests.components.recorded_once import recorded_once
from tests.components.values import place

BALANCER = "aws:lb/loadBalancer:LoadBalancer"
TARGET_GROUP = "aws:lb/targetGroup:TargetGroup"
LISTENER = "aws:lb/listener:Listener"
RULE = "aws:lb/listenerRule:ListenerRule"
INGRESS_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS_RULE = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/origin"


@pytest.fixture
def ingress(build):
    @recorded_once
    def run(certificate=CERTIFICATE, protect=True):
        args = IngressArgs(
            place=place(protect=protect),
            cluster_security_group_id="sg-cluster",
            vpc_id="vpc-1",
            private_subnet_ids=["subnet-a", "subnet-b", "subnet-c"],
            cloudfront_prefix_list_id="pl-3b927c52",
            certificate_arn=certificate,
        )
        return build(lambda opts: Ingress("ingress", args, opts))

    return run


def own_group(built):
    return built.named(GROUP, "ingress-balancer").resource_id


def test_the_balancer_is_internal_and_waits_longer_than_an_hour_for_a_socket(ingress):
    balancer = ingress().inputs(BALANCER, "ingress-balancer")
    assert balancer["internal"] is True
    assert balancer["idleTimeout"] > 3600
    assert balancer["dropInvalidHeaderFields"] is True
    assert len(balancer["subnets"]) == 3


@pytest.mark.parametrize("protect", [True, False])
def test_deletion_is_refused_where_data_is_real(ingress, protect):
    built = ingress(protect=protect)
    assert built.inputs(BALANCER, "ingress-balancer")["enableDeletionProtection"] is protect
    assert built.named(BALANCER, "ingress-balancer").protect is protect


@pytest.mark.parametrize(("certificate", "port"), [(CERTIFICATE, 443), (None, 80)])
def test_only_cloudfront_comes_in_and_only_at_the_listeners_port(ingress, certificate, port):
    built = ingress(certificate)
    (way_in,) = [
        r.inputs
        for r in built.of_type(INGRESS_RULE)
        if r.inputs["securityGroupId"] == own_group(built)
    ]
    assert way_in["prefixListId"] == "pl-3b927c52"
    assert (way_in["fromPort"], way_in["toPort"]) == (port, port)
    assert not {"cidrIpv4", "cidrIpv6", "referencedSecurityGroupId"} & set(way_in)


def test_it_reaches_the_pods_ports_and_no_other(ingress):
    built = ingress()
    ports = {(served.port, served.port) for served in SERVED}
    out = [r.inputs for r in built.of_type(EGRESS_RULE)]
    assert {(r["fromPort"], r["toPort"]) for r in out} == ports
    assert {r["referencedSecurityGroupId"] for r in out} == {"sg-cluster"}
    into = [
        r.inputs for r in built.of_type(INGRESS_RULE) if r.inputs["securityGroupId"] == "sg-cluster"
    ]
    assert {(r["fromPort"], r["toPort"]) for r in into} == ports
    assert {r["referencedSecurityGroupId"] for r in into} == {own_group(built)}


def test_with_a_certificate_the_listener_speaks_tls_1_2_or_better(ingress):
    listener = ingress().inputs(LISTENER, "ingress-listener")
    assert (listener["port"], listener["protocol"]) == (443, "HTTPS")
    assert listener["certificateArn"] == CERTIFICATE
    assert listener["sslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"


def test_without_a_certificate_the_listener_speaks_http(ingress):
    listener = ingress(None).inputs(LISTENER, "ingress-listener")
    assert (listener["port"], listener["protocol"]) == (80, "HTTP")
    assert "sslPolicy" not in listener


def test_paths_lead_to_their_application_and_the_rest_to_the_pages(ingress):
    built = ingress()
    arns = {r.name: r.outputs["arn"] for r in built.of_type(TARGET_GROUP)}
    routes = {
        path: rule.inputs["actions"][0]["targetGroupArn"]
        for rule in built.of_type(RULE)
        for path in rule.inputs["conditions"][0]["pathPattern"]["values"]
    }
    assert routes == {
        "/health/live": arns["ingress-orchestrator"],
        "/health/ready": arns["ingress-orchestrator"],
        "/api/*": arns["ingress-orchestrator"],
        "/collab": arns["ingress-collaboration"],
        "/collab/*": arns["ingress-collaboration"],
    }
    listener = built.inputs(LISTENER, "ingress-listener")
    assert listener["defaultActions"][0]["targetGroupArn"] == arns["ingress-web"]


def test_only_the_collaboration_server_is_sticky_for_a_day(ingress):
    built = ingress()
    groups = {r.name: r.inputs for r in built.of_type(TARGET_GROUP)}
    assert groups["ingress-collaboration"]["stickiness"] == {
        "enabled": True,
        "type": "lb_cookie",
        "cookieDuration": 86_400,
    }
    assert "stickiness" not in groups["ingress-orchestrator"]
    assert "stickiness" not in groups["ingress-web"]


def test_new_sockets_go_to_the_pod_with_the_fewest(ingress):
    for group in ingress().of_type(TARGET_GROUP):
        algorithm = group.inputs["loadBalancingAlgorithmType"]
        assert algorithm == "least_outstanding_requests", group.name


def test_targets_are_pods_checked_for_readiness_and_drained_before_they_are_killed(ingress):
    built = ingress()
    for served in SERVED:
        group = built.inputs(TARGET_GROUP, f"ingress-{served.application}")
        assert group["targetType"] == "ip"
        assert group["port"] == served.port
        assert group["healthCheck"]["path"] == "/health/ready"
        assert group["deregistrationDelay"] < served.termination_grace_seconds


def test_automatic_names_of_balancer_and_groups_stay_within_32_characters(ingress):
    built = ingress()
    random_suffix = len("-0123456")
    for resource in [*built.of_type(BALANCER), *built.of_type(TARGET_GROUP)]:
        assert len(resource.name) + random_suffix <= 32
