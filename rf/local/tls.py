"""Keys and certificates of our own authority."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rf.shared.cards.changes import IN_PLACE, REPLACE, Changes, PropertyRule
from rf.shared.cards.kinds import local_card
from rf.shared.cards.prices import Free
from rf.shared.cards.source import FactSource
from rf.shared.offline import pem
from rf.shared.offline.invention import Computed, Registration
from rf.shared.plan import Secret


def _invented_certificate_request(registration: Registration) -> Computed:
    subject = registration.inputs.get("subject")
    common_name = subject.get("commonName") if isinstance(subject, Mapping) else None
    text = pem.request_text(registration, str(common_name or registration.name))
    return Computed(registration.hex(40), {"certRequestPem": text})


def _invented_certificate(registration: Registration) -> Computed:
    subject = registration.inputs.get("subject")
    common_name = subject.get("commonName") if isinstance(subject, Mapping) else None
    names = registration.inputs.get("dnsNames")
    dns_names = [str(name) for name in names] if isinstance(names, list) else []
    text = pem.certificate_text(registration, str(common_name or registration.name), dns_names)
    return Computed(
        registration.hex(39),
        {
            "certPem": text,
            "readyForRenewal": False,
            "validityStartTime": "2026-01-01T00:00:00Z",
            "validityEndTime": "2049-12-31T23:59:59Z",
        },
    )


def _invented_private_key(registration: Registration) -> Computed:
    private = Secret(pem.private_key_text(registration))
    outputs: dict[str, Any] = {
        "privateKeyPem": private,
        "privateKeyPemPkcs8": private,
        "privateKeyOpenssh": private,
        "publicKeyPem": pem.public_key_text(registration),
        "publicKeyOpenssh": f"ssh-ed25519 {registration.letters(43)}",
        "publicKeyFingerprintMd5": registration.hex(32, "md5"),
        "publicKeyFingerprintSha256": f"SHA256:{registration.letters(43, 'sha')}",
    }
    return Computed(registration.hex(40), outputs)


CARDS = (
    local_card(
        "tls:index/certRequest:CertRequest",
        computed=_invented_certificate_request,
        changes=Changes(
            source=(
                FactSource(
                    name="pulumi-tls 5.6.2 (every input replaces it)", page="", version="5.6.2"
                ),
            ),
            properties={"*": REPLACE},
        ),
        price=Free(reason="lives in the state alone"),
    ),
    local_card(
        "tls:index/locallySignedCert:LocallySignedCert",
        computed=_invented_certificate,
        changes=Changes(
            source=(FactSource(name="pulumi-tls 5.6.2", page="", version="5.6.2"),),
            properties={"*": REPLACE, "earlyRenewalHours": IN_PLACE},
        ),
        price=Free(reason="lives in the state alone"),
    ),
    local_card(
        "tls:index/privateKey:PrivateKey",
        computed=_invented_private_key,
        changes=Changes(
            source=(
                FactSource(
                    name="pulumi-tls 5.6.2 (every input replaces it)", page="", version="5.6.2"
                ),
            ),
            properties={
                "*": PropertyRule(
                    effect=REPLACE, why="a new key, and new certificates of all that it signed"
                )
            },
        ),
        price=Free(reason="lives in the state alone"),
    ),
    local_card(
        "tls:index/selfSignedCert:SelfSignedCert",
        computed=_invented_certificate,
        changes=Changes(
            source=(FactSource(name="pulumi-tls 5.6.2", page="", version="5.6.2"),),
            properties={"*": REPLACE, "earlyRenewalHours": IN_PLACE},
        ),
        price=Free(reason="lives in the state alone"),
    ),
)
