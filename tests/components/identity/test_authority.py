"""The authority in the cluster: who trusts it, and what it signs."""

import pulumi
import pytest

from components.identity.authority import Authority, AuthorityArgs
from rf.shared.plan import Secret
from tests.components.recorded_once import recorded_once


@pytest.fixture
def authority(build):
    @recorded_once
    def run():
        def construct(opts):
            made = Authority(
                "authority",
                AuthorityArgs(namespace="researchflow", organization="ResearchFlow"),
                opts,
            )
            issued = made.issue("server", ["server.researchflow.svc"], parent=made)
            pulumi.export("key", issued.private_key_pem)
            pulumi.export("ca", made.certificate_pem)
            pulumi.export("configMap", made.config_map_name)
            return made

        return build(construct)

    return run


def test_clients_find_the_certificate_in_the_config_map(authority):
    built = authority()
    config_map = built.inputs("kubernetes:core/v1:ConfigMap", "authority-ca")
    assert config_map["metadata"]["name"] == built.exported["configMap"] == "researchflow-ca"
    assert config_map["data"] == {"ca.crt": built.exported["ca"]}


def test_the_authority_signs_servers_and_no_further_authority(authority):
    built = authority()
    (own,) = built.of_type("tls:index/selfSignedCert:SelfSignedCert")
    assert own.inputs["isCaCertificate"] is True
    assert own.inputs["maxPathLength"] == 0
    (issued,) = built.of_type("tls:index/locallySignedCert:LocallySignedCert")
    assert "server_auth" in issued.inputs["allowedUses"]
    assert not issued.inputs.get("isCaCertificate")


def test_a_certificate_is_for_the_names_asked_for(authority):
    (request,) = authority().of_type("tls:index/certRequest:CertRequest")
    assert request.inputs["dnsNames"] == ["server.researchflow.svc"]


def test_certificates_renew_well_before_they_end_and_before_their_authority(authority):
    built = authority()
    (own,) = built.of_type("tls:index/selfSignedCert:SelfSignedCert")
    (issued,) = built.of_type("tls:index/locallySignedCert:LocallySignedCert")
    assert issued.inputs["earlyRenewalHours"] >= 180 * 24
    # When the authority's certificate is renewed, none that it signed outlives the old one.
    assert own.inputs["earlyRenewalHours"] >= issued.inputs["validityPeriodHours"]


def test_private_keys_are_secret_and_not_in_the_config_map(authority):
    built = authority()
    assert isinstance(built.exported["key"], Secret)
    assert "PRIVATE KEY" not in str(built.inputs("kubernetes:core/v1:ConfigMap", "authority-ca"))
    assert "PRIVATE KEY" not in built.plan.to_json()
