"""The records by which ACM sees that a name of a certificate is ours."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi_aws as aws
from pulumi import Input, Resource, ResourceOptions

VALIDATION_TTL_SECONDS = 60


def proof_record(
    name: str,
    certificate: aws.acm.Certificate,
    domain: str,
    *,
    zone_id: Input[str],
    parent: Resource,
) -> aws.route53.Record:
    """The record that proves `domain`, one of the certificate's names, in that zone.

    Names are known before the deployment, so a record is declared for each without knowing what
    ACM answers. While it has answered nothing of the name, the record is what fails.
    """
    record = certificate.domain_validation_options.apply(
        lambda options: _record_of(options, domain)
    )
    return aws.route53.Record(
        name,
        zone_id=zone_id,
        name=record["name"],
        type=record["type"],
        records=[record["value"]],
        ttl=VALIDATION_TTL_SECONDS,
        # The proof of a name is the same for each of an account's certificates, so another stack
        # with this name may have written it already.
        allow_overwrite=True,
        opts=ResourceOptions(parent=parent),
    )


def _record_of(
    options: Sequence[aws.acm.outputs.CertificateDomainValidationOption] | None, domain: str
) -> dict[str, str | None]:
    for option in options or ():
        if option.domain_name == domain:
            return {
                "name": option.resource_record_name,
                "type": option.resource_record_type,
                "value": option.resource_record_value,
            }
    return {"name": "", "type": "CNAME", "value": ""}
