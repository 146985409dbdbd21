"""Names and certificates."""

import pytest

from components.edge.dns import Dns, DnsArgs
from tests.components.recorded_once import recorded_once
from tests.components.values import place

ZONE = "aws:route53/zone:Zone"
RECORD = "aws:route53/record:Record"
CERTIFICATE = "aws:acm/certificate:Certificate"
VALIDATION = "aws:acm/certificateValidation:CertificateValidation"


@pytest.fixture
def dns(build):
    @recorded_once
    def run(hosted_zone_id=None, unknowns=False):
        args = DnsArgs(
            place=place(),
            domain="flow.example.org",
            hosted_zone_id=hosted_zone_id,
        )
        return build(lambda opts: Dns("dns", args, opts), unknowns=unknowns)

    return run


def test_the_edges_certificate_is_in_us_east_1_and_the_origins_in_the_stacks_region(dns):
    built = dns()
    edge = built.inputs(CERTIFICATE, "dns-edge")
    origin = built.inputs(CERTIFICATE, "dns-origin")
    assert (edge["domainName"], edge["region"]) == ("flow.example.org", "us-east-1")
    assert origin["domainName"] == "origin.flow.example.org"
    assert "region" not in origin
    assert {edge["validationMethod"], origin["validationMethod"]} == {"DNS"}


@pytest.mark.parametrize("role", ["edge", "origin"])
def test_a_certificate_is_used_only_once_its_proof_is_published(dns, role):
    built = dns()
    certificate = built.named(CERTIFICATE, f"dns-{role}")
    proof = built.named(RECORD, f"dns-{role}-proof")
    validation = built.named(VALIDATION, f"dns-{role}")
    assert certificate.urn in proof.dependencies
    assert proof.urn in validation.dependencies
    assert validation.inputs.get("region") == certificate.inputs.get("region")


def test_a_zone_of_our_own_is_protected_and_lets_only_amazon_issue(dns):
    built = dns()
    zone = built.named(ZONE, "dns-zone")
    assert zone.protect
    assert zone.inputs["name"] == "flow.example.org"
    caa = built.inputs(RECORD, "dns-issuers")
    assert (caa["type"], caa["records"]) == ("CAA", ['0 issue "amazon.com"'])


def test_an_existing_zone_is_used_as_it_is(dns):
    built = dns("Z0123456789ABC")
    assert built.of_type(ZONE) == []
    assert {r.inputs["zoneId"] for r in built.of_type(RECORD)} == {"Z0123456789ABC"}
    assert {r.name for r in built.of_type(RECORD)} == {"dns-edge-proof", "dns-origin-proof"}


def test_a_first_preview_declares_the_same_records_before_the_proofs_are_known(dns):
    assert [r.urn for r in dns().resources] == [r.urn for r in dns(unknowns=True).resources]
