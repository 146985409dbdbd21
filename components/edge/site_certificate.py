"""The certificate of a recovery site, for its own name and for the domain that may fail over."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.edge.certificate_proof import proof_record


@dataclass(frozen=True, kw_only=True)
class SiteCertificateArgs:
    """The names on the certificate, and where they are proved."""

    domain: str
    """The domain that may fail over to the site."""

    site_name: str
    """The name that always leads to the site."""

    zone_id: Input[str]
    """The zone of the stack that the site takes over from, where both names' proofs stand."""


class SiteCertificate(ComponentResource):
    """One certificate for both names, in the site's own region: valid before it is needed."""

    certificate_arn: Output[str]

    def __init__(
        self, name: str, args: SiteCertificateArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("researchflow:network:SiteCertificate", name, {"names": 2}, opts)
        child = ResourceOptions(parent=self)
        certificate = aws.acm.Certificate(
            name,
            domain_name=args.domain,
            subject_alternative_names=[args.site_name],
            validation_method="DNS",
            opts=child,
        )
        records = [
            proof_record(
                f"{name}-{role}-proof", certificate, domain, zone_id=args.zone_id, parent=self
            )
            for role, domain in {"domain": args.domain, "site": args.site_name}.items()
        ]
        validation = aws.acm.CertificateValidation(
            name,
            certificate_arn=certificate.arn,
            validation_record_fqdns=[record.fqdn for record in records],
            opts=child,
        )
        self.certificate_arn = validation.certificate_arn
        self.register_outputs({"certificateArn": self.certificate_arn})
