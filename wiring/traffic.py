"""Arguments of the way in: names, load balancer, CDN."""

from __future__ import annotations

import pulumi

from components.applications.web import Web
from components.cluster.cluster import Cluster
from components.edge.dns import Dns, DnsArgs, HomeCell, HomeCellArgs
from components.edge.edge import EdgeArgs
from components.edge.external_dns import ExternalDnsArgs
from components.edge.ingress import Ingress, IngressArgs, PublicEntry
from components.edge.site_certificate import SiteCertificate, SiteCertificateArgs
from components.edge.site_entry import SiteEntryArgs
from components.network.network import Network
from components.recovery.primary_site import PrimarySite
from rendering.edge.functions import CellNames
from scaleplan.catalog import load_catalog
from scaleplan.edge.limits import requests_per_address
from scaleplan.recovery.disaster_recovery import SitePhase
from scaleplan.sizes import WafMode
from wiring.site import Site


def home_cell_args(site: Site, stack: str) -> HomeCellArgs:
    """The home of this cell: a stack of the same project and organization."""
    return HomeCellArgs(stack=f"{pulumi.get_organization()}/{site.settings.project}/{stack}")


def dns_args(site: Site, home: HomeCell | None) -> DnsArgs | None:
    """Zone and certificates of the stack's domain; a cell's names stand in its home's zone.

    None without a domain, and for a recovery site, whose domain is another stack's.
    """
    domain = site.settings.domain
    if domain is None or site.settings.disaster_recovery.site_of:
        return None
    return DnsArgs(
        domain=domain,
        hosted_zone_id=home.zone_id if home else site.settings.hosted_zone_id,
        protect=site.settings.protect_data,
    )


def external_dns_args(site: Site, cluster: Cluster, dns: Dns) -> ExternalDnsArgs:
    """Names below the domain, except those that the program writes."""
    return ExternalDnsArgs(
        region=site.settings.region,
        account_id=site.account_id,
        cluster_name=cluster.cluster_name,
        owner=site.settings.prefix,
        domain=dns.domain,
        own_names=(dns.origin_domain_name, *_names_of_other_cells(site, dns)),
        zone_id=dns.zone_id,
        cluster_ready=cluster.ready,
    )


def ingress_args(
    site: Site,
    network: Network,
    cluster: Cluster,
    dns: Dns | None,
    shown: SiteCertificate | None,
) -> IngressArgs:
    """The load balancer, which speaks TLS where a domain gives it a certificate; internal behind
    the CDN, and public at a recovery site, which has none."""
    settings = site.settings
    recovery = settings.disaster_recovery
    return IngressArgs(
        prefix=settings.prefix,
        vpc_id=network.vpc_id,
        private_subnet_ids=network.private_subnet_ids,
        cluster_security_group_id=cluster.security_group_id,
        cloudfront_prefix_list_id=load_catalog().region(settings.region).cloudfront_prefix_list_id,
        certificate_arn=(
            dns.origin_certificate_arn if dns else shown.certificate_arn if shown else None
        ),
        protect=settings.protect_data,
        public=PublicEntry(
            subnet_ids=network.public_subnet_ids, opened=recovery.phase is SitePhase.OPEN
        )
        if recovery.site_of
        else None,
    )


def site_certificate_args(site: Site, primary: PrimarySite | None) -> SiteCertificateArgs | None:
    """What a recovery site shows, for the domain that may lead to it and its own name."""
    domain = site.settings.domain
    if primary is None or domain is None:
        return None
    return SiteCertificateArgs(domain=domain, site_name=site_name(domain), zone_id=primary.zone_id)


def site_entry_args(
    site: Site, primary: PrimarySite | None, ingress: Ingress
) -> SiteEntryArgs | None:
    """The names of a recovery site, in the zone of the stack that it takes over from."""
    domain = site.settings.domain
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
        requests_per_five_minutes=requests_per_address(site.plan),
        blocks=site.settings.edge.waf_mode is WafMode.BLOCK,
    )


def edge_args(site: Site, web: Web, ingress: Ingress, dns: Dns | None) -> EdgeArgs | None:
    """The CDN before the frontend's bucket and the load balancer; a recovery site has none."""
    if web.bucket is None:
        return None
    domain, recovery = site.settings.domain, site.settings.disaster_recovery
    return EdgeArgs(
        prefix=site.settings.prefix,
        account_id=site.account_id,
        region=site.settings.region,
        settings=site.settings.edge,
        plan=site.plan.edge,
        static_bucket_name=web.bucket.name,
        static_bucket_arn=web.bucket.arn,
        static_bucket_regional_domain_name=web.bucket.regional_domain_name,
        load_balancer_arn=ingress.load_balancer_arn,
        load_balancer_dns_name=ingress.dns_name,
        load_balancer_zone_id=ingress.zone_id,
        origin_domain_name=dns.origin_domain_name if dns else ingress.dns_name,
        origin_https=dns is not None,
        domain=domain,
        zone_id=dns.zone_id if dns else None,
        edge_certificate_arn=dns.edge_certificate_arn if dns else None,
        requests_per_five_minutes=requests_per_address(site.plan),
        shield_region=load_catalog().region(site.settings.region).origin_shield_region,
        cells=_other_cells(site),
        failover_site_name=site_name(domain) if domain and recovery.prepared else None,
        protect=site.settings.protect_data,
    )


def site_name(domain: str) -> str:
    """The name that always leads to the recovery site of a domain's stack."""
    return f"recovery.{domain}"


def _names_of_other_cells(site: Site, dns: Dns) -> list[str]:
    """What other cells' programs write into the home's zone."""
    edges = [f"{cell}.{dns.domain}" for cell in site.settings.cell.others]
    return [*edges, *(f"origin.{edge}" for edge in edges)]


def _other_cells(site: Site) -> CellNames | None:
    """What the home's edge must know to send organizations on; None where there is one cell."""
    cell, domain = site.settings.cell, site.settings.domain
    if not cell.others or domain is None:
        return None
    return CellNames(domain=domain, own=cell.name, others=cell.others)
