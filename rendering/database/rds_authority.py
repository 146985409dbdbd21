"""The RDS authority of a region: what verifies that a database is the database it says it is."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

RDS_CA_DIRECTORY = "/etc/researchflow/rds"
"""Where pods that talk to RDS mount the region's root."""

RDS_CA_KEY = "rds.crt"
RDS_CA_FILE = f"{RDS_CA_DIRECTORY}/{RDS_CA_KEY}"

_ENTRY = re.compile(
    r"^# (?P<region>[a-z0-9-]+) sha256=[0-9a-f]{64}\n"
    r"(?P<pem>-----BEGIN CERTIFICATE-----\n.+?\n-----END CERTIFICATE-----\n)",
    re.MULTILINE | re.DOTALL,
)


def rds_authority(region: str) -> str:
    """PEM text of the region's root, the one that signs `rds-ca-rsa2048-g1` certificates.

    Raises ValueError for a region whose root `rds_authorities.pem` lacks.
    """
    roots = _roots()
    if region not in roots:
        known = ", ".join(sorted(roots))
        raise ValueError(f"rds_authorities.pem has no root of {region}, only of {known}")
    return roots[region]


@cache
def _roots() -> dict[str, str]:
    text = files("rendering.database").joinpath("rds_authorities.pem").read_text(encoding="ascii")
    return {entry["region"]: entry["pem"] for entry in _ENTRY.finditer(text)}
