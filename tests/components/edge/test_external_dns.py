"""external-dns writes names below the domain in the stack's zone, and takes nothing away."""

import json

import pulumi
import pulumi_aws as aws
import pytest

from components.edge.external_dns import ExternalDns, ExternalDnsArgs
from rendering.network.flow_table import network_flows
from tests.components.recorded_once import recorded_once
from tests.components.values import cluster_handle, place
from tests.unit.network.flow_site import stack

RELEASE = "kubernetes:helm.sh/v3:Release"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
ASSOCIATION = "aws:eks/podIdentityAssociation:PodIdentityAssociation"


@pytest.fixture
def built(build):
    def construct(opts):
        zone = aws.route53.Zone("zone", name="a.example.com", opts=opts)
        ready = aws.eks.Addon(
            "names", cluster_name="researchflow-test", addon_name="coredns", opts=opts
        )
        pulumi.export("zone", zone.zone_id)
        return ExternalDns(
            "external-dns",
            ExternalDnsArgs(
                place=place(),
                cluster=cluster_handle(ready),
                owner="researchflow-test",
                domain="a.example.com",
                own_names=("origin.a.example.com",),
                zone_id=zone.zone_id,
                flows=network_flows(stack(external_dns=True)),
            ),
            opts,
        )

    @recorded_once
    def run():
        return build(construct)

    return run()


def values_of(built):
    return built.inputs(RELEASE, "external-dns")["values"]


def test_it_adds_and_changes_records_of_its_own_in_one_zone(built):
    values = values_of(built)
    assert values["policy"] == "upsert-only"
    assert (values["registry"], values["txtOwnerId"]) == ("txt", "researchflow-test")
    assert values["domainFilters"] == ["a.example.com"]
    assert values["extraArgs"]["zone-id-filter"] == built.exported["zone"]
    assert values["managedRecordTypes"] == ["A", "AAAA", "CNAME"]


def test_it_reaches_names_the_api_server_and_aws_and_nobody_reaches_it(built):
    policies = {each.inputs["metadata"]["name"]: each.inputs for each in built.of_type(POLICY)}
    assert policies.keys() == {"default-deny-flows", "external-dns-flows"}
    assert {each["metadata"]["namespace"] for each in policies.values()} == {"external-dns"}
    spec = policies["external-dns-flows"]["spec"]
    assert "ingress" not in spec
    assert {use["port"] for rule in spec["egress"] for use in rule["ports"]} == {53, 80, 443}


def test_its_role_writes_in_that_zone_alone_and_not_the_programs_names(built):
    policy = json.loads(
        built.inputs("aws:iam/rolePolicy:RolePolicy", "external-dns-records")["policy"]
    )
    write, read, find = policy["Statement"]
    zone = f"arn:aws:route53:::hostedzone/{built.exported['zone']}"
    assert write["Resource"] == [zone] == read["Resource"]
    condition = write["Condition"]
    names = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
    assert condition["ForAllValues:StringLike"] == {names: ["*.a.example.com"]}
    assert condition["ForAllValues:StringNotEquals"] == {names: ["origin.a.example.com"]}
    exact = condition["ForAllValues:StringEquals"]
    assert exact["route53:ChangeResourceRecordSetsActions"] == ["CREATE", "UPSERT"]
    assert "NS" not in exact["route53:ChangeResourceRecordSetsRecordTypes"]
    assert (find["Action"], find["Resource"]) == (["route53:ListHostedZones"], ["*"])


def test_it_starts_with_its_role(built):
    (association,) = built.of_type(ASSOCIATION)
    assert association.inputs["namespace"] == "external-dns"
    assert association.inputs["serviceAccount"] == values_of(built)["serviceAccount"]["name"]
    assert association.urn in built.named(RELEASE, "external-dns").dependencies
