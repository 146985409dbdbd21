"""Rules of the certificates that the stack issues to its own servers."""

from __future__ import annotations

from collections.abc import Iterator

from ..shared.rule import Resource, Rule, RuleLayer, StackResources
from ..shared.tokens import ISSUED_CERTIFICATE, OWN_AUTHORITY
from ..shared.values import at, is_true

EARLY_HOURS = 90 * 24
"""A quarter: a deployment that renews them comes within it."""


def _renewed_early(resource: Resource, stack: StackResources) -> Iterator[str]:
    early = at(resource.inputs, "earlyRenewalHours", 0)
    if early < EARLY_HOURS:
        yield f"is renewed {early // 24} days before it ends, by a deployment that may not come"


def _signs_no_authority(resource: Resource, stack: StackResources) -> Iterator[str]:
    if resource.type == ISSUED_CERTIFICATE:
        if is_true(resource.inputs, "isCaCertificate"):
            yield "may sign others: who has the server's key is whoever it likes"
        return
    if at(resource.inputs, "maxPathLength") != 0:
        yield "may have further authorities below it"
    longest = max(
        (
            at(each.inputs, "validityPeriodHours", 0)
            for each in stack.of_type(ISSUED_CERTIFICATE)
            if resource.urn in each.points_at.get("caCertPem", frozenset())
        ),
        default=0,
    )
    if at(resource.inputs, "earlyRenewalHours", 0) < longest:
        yield "is renewed while certificates are in use that the old one outlives no more"


RULES = (
    Rule(
        id="certificates-renewed-early",
        layer=RuleLayer.IDENTITY,
        demand="The stack's own certificates are renewed a quarter before they end.",
        reason="Only a deployment renews them; after the end no pod reaches its database.",
        source="Terraform TLS provider, early_renewal_hours; NIST SP 1800-16, Certificates",
        remedy="keep earlyRenewalHours of `components/identity/authority.py`",
        types=(ISSUED_CERTIFICATE, OWN_AUTHORITY),
        check=_renewed_early,
    ),
    Rule(
        id="authority-signs-servers-alone",
        layer=RuleLayer.IDENTITY,
        demand="The stack's authority signs servers and clients, and outlives what it signed.",
        reason="A server that may sign can pose as any other; a chain without its top is none.",
        source="RFC 5280, 4.2.1.9 Basic Constraints",
        remedy="keep maxPathLength 0, and the two renewals of `components/identity/authority.py`",
        types=(ISSUED_CERTIFICATE, OWN_AUTHORITY),
        check=_signs_no_authority,
        whole_stack=True,
    ),
)
