"""Names and certificates: the hosted zone, and one certificate for each side of the edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, ResourceOptions, StackReference

from components.edge.certificate_proof import proof_record
from components.shared.place import Place


@dataclass(frozen=True, kw_only=True)
class HomeCellArgs:
    """The stack that is the home of this cell."""

    stack: str
    """The home's full name, organization/project/stack."""


class HomeCell(ComponentResource):
    """The home's zone, as its last deployment exported it, which therefore comes first."""

    zone_id: Output[str]

    def __init__(self, name: str, args: HomeCellArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("researchflow:network:HomeCell", name, {"stack": args.stack}, opts)
        reference = StackReference(
            f"{name}-stack", stack_name=args.stack, opts=ResourceOptions(parent=self)
        )
        self.zone_id = reference.require_output("zoneId")
        self.register_outputs({"zoneId": self.zone_id})


EDGE_CERTIFICATE_REGION = "us-east-1"
"""CloudFront takes certificates from this region alone."""

CAA_TTL_SECONDS = 3600


@dataclass(frozen=True, kw_only=True)
class DnsArgs:
    """The domain, and the zone that its names stand in."""

    place: Place

    domain: str
    """The name that users type, as app.example.org."""

    hosted_zone_id: Input[str] | None
    """The zone of another stack or owner, where only the records of this domain are made. None: the
    zone is made here, and its parent must delegate to `name_servers` before the certificates can be
    validated."""


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
            opts=ResourceOptions(parent=self, protect=args.place.protect),
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
        record = proof_record(
            f"{self._name}-{role}-proof", certificate, domain, zone_id=self.zone_id, parent=self
        )
        validation = aws.acm.CertificateValidation(
            f"{self._name}-{role}",
            certificate_arn=certificate.arn,
            validation_record_fqdns=[record.fqdn],
            region=region,
            opts=child,
        )
        return validation.certificate_arn
