"""Names and certificates: the hosted zone, and one certificate for each side of the edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions

EDGE_CERTIFICATE_REGION = "us-east-1"
"""CloudFront takes certificates from this region alone."""

VALIDATION_TTL_SECONDS = 60
CAA_TTL_SECONDS = 3600


@dataclass(frozen=True, kw_only=True)
class DnsArgs:
    """`hosted_zone_id` None: the zone is made here, and its parent must delegate to
    `name_servers` before the certificates can be validated. In a zone of another stack or owner
    only the records of this domain are made."""

    domain: str
    hosted_zone_id: Input[str] | None
    protect: bool


class Dns(ComponentResource):
    """The zone of the domain, and certificates for `domain` at the edge and `origin.<domain>` at
    the load balancer. Both are validated by DNS, hence renewed without anybody's doing."""

    domain: str
    zone_id: Output[str]
    name_servers: Output[Sequence[str]] | None
    edge_certificate_arn: Output[str]
    origin_certificate_arn: Output[str]
    origin_domain_name: str

    def __init__(self, name: str, args: DnsArgs, opts: ResourceOptions | None = None) -> None:
        summary = {"domain": args.domain, "ownZone": args.hosted_zone_id is None}
        super().__init__("researchflow:network:Dns", name, summary, opts)
        self._name = name
        self.domain = args.domain
        self.origin_domain_name = f"origin.{args.domain}"
        self._zone(args)
        self.edge_certificate_arn = self._certificate("edge", args.domain, EDGE_CERTIFICATE_REGION)
        self.origin_certificate_arn = self._certificate("origin", self.origin_domain_name, None)
        self.register_outputs(
            {
                "zoneId": self.zone_id,
                "edgeCertificateArn": self.edge_certificate_arn,
                "originCertificateArn": self.origin_certificate_arn,
            }
        )

    def _zone(self, args: DnsArgs) -> None:
        if args.hosted_zone_id is not None:
            # Who may issue certificates in an existing zone is for its owner to say.
            self.zone_id = Output.from_input(args.hosted_zone_id)
            self.name_servers = None
            return
        zone = aws.route53.Zone(
            f"{self._name}-zone",
            name=args.domain,
            comment="ResearchFlow",
            force_destroy=False,
            opts=ResourceOptions(parent=self, protect=args.protect),
        )
        self.zone_id = zone.zone_id
        self.name_servers = zone.name_servers
        aws.route53.Record(
            f"{self._name}-issuers",
            zone_id=zone.zone_id,
            name=args.domain,
            type="CAA",
            ttl=CAA_TTL_SECONDS,
            records=['0 issue "amazon.com"'],
            opts=ResourceOptions(parent=self),
        )

    def _certificate(self, role: str, domain: str, region: str | None) -> Output[str]:
        """ARN of the certificate once it is valid; `region` None is the stack's own."""
        child = ResourceOptions(parent=self)
        certificate = aws.acm.Certificate(
            f"{self._name}-{role}",
            domain_name=domain,
            validation_method="DNS",
            region=region,
            opts=child,
        )
        # One name, so one proof: no need to know how many before a record can be declared.
        proof = certificate.domain_validation_options.apply(_only_proof)
        record = aws.route53.Record(
            f"{self._name}-{role}-proof",
            zone_id=self.zone_id,
            name=proof["name"],
            type=proof["type"],
            records=[proof["value"]],
            ttl=VALIDATION_TTL_SECONDS,
            # The proof of a name is the same for each of an account's certificates, so another
            # stack with this name may have written it already.
            allow_overwrite=True,
            opts=child,
        )
        validation = aws.acm.CertificateValidation(
            f"{self._name}-{role}",
            certificate_arn=certificate.arn,
            validation_record_fqdns=[record.fqdn],
            region=region,
            opts=child,
        )
        return validation.certificate_arn


def _only_proof(
    options: Sequence[aws.acm.outputs.CertificateDomainValidationOption] | None,
) -> dict[str, str | None]:
    """Name, type and value of the record that proves the one name of a certificate.

    Empty while ACM hasn't answered: then the record is what fails, and says for which name.
    """
    if not options:
        return {"name": "", "type": "CNAME", "value": ""}
    proof = options[0]
    return {
        "name": proof.resource_record_name,
        "type": proof.resource_record_type,
        "value": proof.resource_record_value,
    }
