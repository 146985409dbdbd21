"""Arguments of where users come in: names, load balancer, CDN."""

from __future__ import annotations

import pulumi

from components.edge.dns import Dns, DnsArgs, HomeCellArgs
from components.edge.edge import EdgeArgs
from components.edge.external_dns import ExternalDnsArgs
from components.edge.ingress import IngressArgs, PublicEntry
from components.edge.site_certificate import SiteCertificateArgs
from components.edge.site_entry import SiteEntryArgs
from rendering.edge.functions import CellNames
from scaleplan.catalog import load_catalog
from scaleplan.edge.limits import requests_per_address
from scaleplan.recovery.disaster_recovery import SitePhase
from scaleplan.sizes import WafMode
from wiring.network import flow_table
from wiring.stack import Stack


def home_cell_args(stack: Stack) -> HomeCellArgs:
    """The home of this cell: a stack of the same project and organization."""
    settings = stack.settings
    return HomeCellArgs(
        stack=f"{pulumi.get_organization()}/{settings.project}/{settings.cell.home}"
    )


def dns_args(stack: Stack) -> DnsArgs | None:
    """Zone and certificates of the stack's domain; a cell's names stand in its home's zone.

    None without a domain, and for a recovery site, whose domain is another stack's.
    """
    domain, home = stack.settings.domain, stack.home_cell
    if domain is None or stack.settings.disaster_recovery.site_of:
        return None
    return DnsArgs(
        place=stack.place,
        domain=domain,
        hosted_zone_id=home.zone_id if home else stack.settings.hosted_zone_id,
    )


def external_dns_args(stack: Stack, dns: Dns) -> ExternalDnsArgs:
    """Names below the domain, except those that the program writes."""
    return ExternalDnsArgs(
        place=stack.place,
        cluster=stack.cluster.handle,
        owner=stack.settings.prefix,
        domain=dns.domain,
        own_names=(dns.origin_domain_name, *_names_of_other_cells(stack, dns)),
        zone_id=dns.zone_id,
        flows=flow_table(stack),
    )


def ingress_args(stack: Stack) -> IngressArgs:
    """The load balancer, which speaks TLS where a domain gives it a certificate; internal behind
    the CDN, and public at a recovery site, which has none."""
    recovery = stack.settings.disaster_recovery
    region = load_catalog().region(stack.settings.region)
    return IngressArgs(
        place=stack.place,
        cluster_security_group_id=stack.cluster.handle.security_group_id,
        vpc_id=stack.network.vpc_id,
        private_subnet_ids=stack.network.private_subnet_ids,
        cloudfront_prefix_list_id=region.cloudfront_prefix_list_id,
        certificate_arn=_load_balancer_certificate(stack),
        public=PublicEntry(
            subnet_ids=stack.network.public_subnet_ids, opened=recovery.phase is SitePhase.OPEN
        )
        if recovery.site_of
        else None,
    )


def _load_balancer_certificate(stack: Stack) -> pulumi.Input[str] | None:
    if stack.dns:
        return stack.dns.origin_certificate_arn
    return stack.site_certificate.certificate_arn if stack.site_certificate else None


def site_certificate_args(stack: Stack) -> SiteCertificateArgs | None:
    """What a recovery site shows, for the domain that may lead to it and its own name."""
    domain, primary = stack.settings.domain, stack.primary_site
    if primary is None or domain is None:
        return None
    return SiteCertificateArgs(domain=domain, site_name=site_name(domain), zone_id=primary.zone_id)


def site_entry_args(stack: Stack) -> SiteEntryArgs | None:
    """The names of a recovery site, in the zone of the stack that it takes over from."""
    domain, primary, ingress = stack.settings.domain, stack.primary_site, stack.ingress
    if primary is None or domain is None:
        return None
    return SiteEntryArgs(
        domain=domain,
        site_name=site_name(domain),
        zone_id=primary.zone_id,
        site_check_id=primary.site_check_id,
        load_balancer_arn=ingress.load_balancer_arn,
        load_balancer_dns_name=ingress.dns_name,
        load_balancer_zone_id=ingress.zone_id,
        requests_per_five_minutes=requests_per_address(stack.plan),
        blocks=stack.settings.edge.waf_mode is WafMode.BLOCK,
    )


def edge_args(stack: Stack) -> EdgeArgs | None:
    """The CDN before the frontend's bucket and the load balancer; a recovery site has none."""
    bucket, ingress, dns = stack.web.bucket, stack.ingress, stack.dns
    if bucket is None:
        return None
    settings = stack.settings
    domain, recovery = settings.domain, settings.disaster_recovery
    return EdgeArgs(
        place=stack.place,
        settings=settings.edge,
        plan=stack.plan.edge,
        static_bucket_name=bucket.name,
        static_bucket_arn=bucket.arn,
        static_bucket_regional_domain_name=bucket.regional_domain_name,
        load_balancer_arn=ingress.load_balancer_arn,
        load_balancer_dns_name=ingress.dns_name,
        load_balancer_zone_id=ingress.zone_id,
        origin_domain_name=dns.origin_domain_name if dns else ingress.dns_name,
        origin_https=dns is not None,
        domain=domain,
        zone_id=dns.zone_id if dns else None,
        edge_certificate_arn=dns.edge_certificate_arn if dns else None,
        requests_per_five_minutes=requests_per_address(stack.plan),
        shield_region=load_catalog().region(settings.region).origin_shield_region,
        cells=_other_cells(stack),
        failover_site_name=site_name(domain) if domain and recovery.prepared else None,
    )


def site_name(domain: str) -> str:
    """The name that always leads to the recovery site of a domain's stack."""
    return f"recovery.{domain}"


def _names_of_other_cells(stack: Stack, dns: Dns) -> list[str]:
    """What other cells' programs write into the home's zone."""
    edges = [f"{cell}.{dns.domain}" for cell in stack.settings.cell.others]
    return [*edges, *(f"origin.{edge}" for edge in edges)]


def _other_cells(stack: Stack) -> CellNames | None:
    """What the home's edge must know to send organizations on; None where there is one cell."""
    cell, domain = stack.settings.cell, stack.settings.domain
    if not cell.others or domain is None:
        return None
    return CellNames(domain=domain, own=cell.name, others=cell.others)
