"""Networks that clash, and the domain."""

import dataclasses

import pytest

from rf.preflight import check_network
from rf.preflight.row import RowStatus
from rf.shared.account.account import Account
from tests.commands.preflight.conftest import TAG_LIST
from tests.commands.preflight.preflight_rows import only, verdicts

OURS = "10.2.0.0/16"
NAME = "researchflow.example.com"


@pytest.fixture
def peers(session, need, owner):
    def ask():
        rows = list(check_network.peers(Account(session, "us-east-1"), need, owner))
        return only(rows, "joined"), only(rows, "other VPCs")

    return ask


def vpc(ec2, block, tags=()):
    marked = [{"ResourceType": "vpc", "Tags": list(tags)}] if tags else []
    return ec2.create_vpc(CidrBlock=block, TagSpecifications=marked)["Vpc"]["VpcId"]


def test_an_account_with_other_addresses_passes(peers):
    assert [row.status for row in peers()] == [RowStatus.PASS, RowStatus.PASS]


def test_a_vpc_with_our_addresses_could_never_be_peered(writer, peers):
    other = vpc(writer.client("ec2"), "10.2.128.0/17")
    joined, region = peers()
    assert (joined.status, region.status) == (RowStatus.PASS, RowStatus.FAIL)
    assert f"{other} has 10.2.128.0/17" in region.found


def test_our_own_vpc_is_no_clash(writer, peers):
    vpc(writer.client("ec2"), OURS, TAG_LIST)
    assert [row.status for row in peers()] == [RowStatus.PASS, RowStatus.PASS]


def test_a_peer_with_the_services_addresses_clashes(writer, peers):
    ec2 = writer.client("ec2")
    ours, other = vpc(ec2, OURS, TAG_LIST), vpc(ec2, "172.20.0.0/20")
    link = ec2.create_vpc_peering_connection(VpcId=ours, PeerVpcId=other)
    link_id = link["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=link_id)
    joined, region = peers()
    assert joined.status is RowStatus.FAIL
    assert f"{other} by {link_id} has 172.20.0.0/20" in joined.found
    assert region.status is RowStatus.PASS
    assert "vpcCidr" in joined.fix


@pytest.fixture
def domain(session, need, owner):
    def ask(**settings):
        changed = dataclasses.replace(need, settings=need.settings.model_copy(update=settings))
        return verdicts(check_network.domain(Account(session, "us-east-1"), changed, owner))

    return ask


def zone(writer, name, tags=()):
    route53 = writer.client("route53")
    made = route53.create_hosted_zone(Name=name, CallerReference=f"{name}{len(tags)}")
    zone_id = made["HostedZone"]["Id"].rpartition("/")[2]
    if tags:
        route53.change_tags_for_resource(
            ResourceType="hostedzone", ResourceId=zone_id, AddTags=list(tags)
        )
    return zone_id


@pytest.mark.parametrize(
    ("zone_name", "verdict"),
    [(NAME, "pass"), ("example.com", "pass"), ("researchflow.example.org", "fail")],
)
def test_a_named_zone_is_the_accounts_and_holds_the_domain(writer, domain, zone_name, verdict):
    zone_id = zone(writer, zone_name)
    assert domain(hosted_zone_id=zone_id) == {f"zone {zone_id}": verdict}


def test_a_zone_that_is_not_the_accounts_is_unknown(domain):
    assert domain(hosted_zone_id="Z0NOBODY") == {"zone Z0NOBODY": "unknown"}


def test_before_there_is_a_zone_nobody_knows_of_its_delegation(domain):
    assert domain() == {f"zones named {NAME}": "pass", f"delegation of {NAME}": "unknown"}


def test_another_zone_of_that_name_is_in_the_way_and_our_own_is_not(writer, domain):
    zone(writer, NAME, TAG_LIST)
    assert domain()[f"zones named {NAME}"] == "pass"
    zone(writer, NAME)
    assert domain()[f"zones named {NAME}"] == "fail"


@pytest.mark.parametrize(("issued", "verdict"), [([NAME], "pass"), ([], "unknown")])
def test_an_issued_certificate_shows_that_the_domain_is_delegated(writer, checked, issued, verdict):
    zone(writer, NAME, TAG_LIST)
    summaries = [{"DomainName": name} for name in issued]
    step = ("list_certificates", {"CertificateSummaryList": summaries})
    rows = verdicts(checked(check_network.domain, "acm", step))
    assert rows[f"delegation of {NAME}"] == verdict


def test_without_a_domain_nothing_is_asked(domain):
    assert domain(domain=None) == {}
