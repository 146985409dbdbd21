"""The roots that database certificates are verified against, one a region."""

import datetime
import re

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import NameOID

from rendering.database.rds_authority import rds_authority
from rf.shared.project import PROJECT_ROOT
from scaleplan.catalog import load_catalog

REGIONS = load_catalog().region_names()
FINGERPRINTS = re.findall(
    r"(?m)^# ([a-z0-9-]+) sha256=([0-9a-f]{64})$",
    (PROJECT_ROOT / "rendering/database/rds_authorities.pem").read_text("ascii"),
)
"""Region and SHA-256 of each root, as the file states them."""


@pytest.mark.parametrize("region", REGIONS)
def test_each_region_a_stack_may_use_has_its_own_root(region):
    root = x509.load_pem_x509_certificate(rds_authority(region).encode())
    (name,) = root.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert name.value == f"Amazon RDS {region} Root CA RSA2048 G1"
    assert root.subject == root.issuer
    root.verify_directly_issued_by(root)


@pytest.mark.parametrize("region", REGIONS)
def test_a_root_is_the_one_whose_fingerprint_was_compared_and_outlives_the_stack(region):
    root = x509.load_pem_x509_certificate(rds_authority(region).encode())
    assert root.fingerprint(hashes.SHA256()).hex() == dict(FINGERPRINTS)[region]
    assert root.not_valid_after_utc > datetime.datetime(2040, 1, 1, tzinfo=datetime.UTC)
    key = root.public_key()
    assert isinstance(key, RSAPublicKey)
    assert key.key_size == 2048
    assert root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_no_root_is_there_twice_or_for_no_region():
    assert sorted(region for region, _ in FINGERPRINTS) == REGIONS
    assert len({fingerprint for _, fingerprint in FINGERPRINTS}) == len(REGIONS)


def test_a_region_without_a_root_is_refused_by_name():
    with pytest.raises(ValueError, match="no root of mars-north-1"):
        rds_authority("mars-north-1")
