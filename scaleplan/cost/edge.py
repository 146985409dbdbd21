"""What isn't machines or stores: network, keys, buckets, logs, load balancer, CDN and firewall."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from scaleplan.citus.data_nodes import pods_by_zone
from scaleplan.cost.bill import Bounds, Item
from scaleplan.cost.usage import Usage, exact
from scaleplan.observability.pods import ALERTMANAGER_VOLUME_GIB, GRAFANA_VOLUME_GIB
from scaleplan.settings import Settings

INTERFACE_ENDPOINTS = 8
"""Services with one (`components/network/private_endpoints.py`, which a test compares)."""

KEYS = 3
"""Customer keys: data, logs, cluster (`components/identity/encryption.py`, which a test
compares)."""

SECRETS = 5
"""Database logins, and the one of the way in when nothing else works (a test counts them)."""

FIREWALL_RULES = 5
"""One rate rule and four managed groups (`components/edge/firewall.py`, likewise)."""

CLUSTER_ALARMS = 3
"""Of CloudWatch, whatever the size: the heartbeat of the alerts, the API server's errors, its
silence."""

CERTIFICATES = 2
"""The edge's and the origin's, each with an alarm before it ends, where there is a domain."""

CERTIFICATE_REGION = "us-east-1"
"""Where CloudFront's certificate is, and so its alarm, whose topic needs a key there."""

KEY_VERSIONS = 1
"""Key material that is billed: a rotation adds one, up to two more, from its first year on."""

_MILLION = Decimal(1_000_000)


def network_items(settings: Settings, usage: Usage) -> Iterator[Item]:
    """Ways out of the VPC and through it."""
    gateways, each = settings.network.nat_gateways, usage.assumed.endpoint_gb_per_node
    yield Item(
        layer="network",
        resource="NAT gateways",
        key="nat:gateway",
        quantity=Bounds.of(gateways),
        basis=f"{gateways} of 3 zones have their own",
    )
    yield Item(
        layer="network",
        resource="NAT traffic",
        key="nat:data",
        quantity=Bounds.of(usage.nat_gb),
        basis="what jobs exchange with the internet",
        usage=True,
    )
    yield Item(
        layer="network",
        resource="public addresses",
        key="ipv4:address",
        quantity=Bounds.of(gateways),
        basis="one a NAT gateway",
    )
    yield Item(
        layer="network",
        resource="interface endpoints",
        key="endpoint:interface",
        quantity=Bounds.of(INTERFACE_ENDPOINTS * gateways),
        basis=f"{INTERFACE_ENDPOINTS} services in each of {gateways} zones",
    )
    yield Item(
        layer="network",
        resource="endpoint traffic",
        key="endpoint:data",
        quantity=_nodes(settings).map(lambda nodes: nodes * exact(each)),
        basis=f"ours: {each:g} GB a node of the managed groups",
        usage=True,
    )
    yield Item(
        layer="network",
        resource="traffic between zones",
        key="transfer:between-zones",
        # Each side pays.
        quantity=Bounds.of(usage.between_zones_gb * 2),
        basis="paid on both sides",
        usage=True,
    )


def _nodes(settings: Settings) -> Bounds:
    group = settings.nodes.system
    citus = 0
    if settings.sharding.present:
        citus = sum(pods_by_zone(settings.citus, settings.availability_zones).values())
    return Bounds.between(group.min_nodes + citus, group.min_nodes + citus, group.max_nodes + citus)


def storage_items(settings: Settings, usage: Usage) -> Iterator[Item]:
    """Keys, secrets, images, artifacts and logs."""
    at_site = bool(settings.disaster_recovery.site_of)
    # A recovery site's data key is another stack's, and there is no certificate of a CDN.
    keys = KEYS - 1 if at_site else KEYS
    if settings.domain and settings.region != CERTIFICATE_REGION and not at_site:
        keys += 1
    yield Item(
        layer="encryption",
        resource="keys",
        key="kms:key",
        quantity=Bounds.of(keys * KEY_VERSIONS),
        basis=f"{keys} customer keys; yearly rotation adds one a key, twice",
    )
    yield Item(
        layer="encryption",
        resource="key requests",
        key="kms:requests",
        quantity=Bounds.of(usage.kms_requests / _MILLION),
        basis="of the buckets, which use bucket keys",
        usage=True,
    )
    yield Item(
        layer="encryption",
        resource="secrets",
        key="secrets-manager:secret",
        quantity=Bounds.of(secrets_of(settings)),
        basis="logins",
    )
    yield Item(
        layer="registry",
        resource="images",
        key="ecr:storage",
        quantity=Bounds.of(exact(usage.assumed.images_gb)),
        basis="ours: four repositories of a few versions each",
        usage=True,
    )
    yield Item(
        layer="artifacts",
        resource="objects",
        key="s3:storage",
        quantity=Bounds.of(usage.artifacts_gb),
        basis=f"{usage.assumed.artifacts_per_data:g} × the database's data",
        usage=True,
    )
    yield Item(
        layer="artifacts",
        resource="writes",
        key="s3:writes",
        quantity=Bounds.of(usage.bucket_writes / _MILLION),
        basis="of jobs",
        usage=True,
    )
    yield Item(
        layer="artifacts",
        resource="reads",
        key="s3:reads",
        quantity=Bounds.of(usage.bucket_reads / _MILLION),
        basis="of jobs",
        usage=True,
    )
    yield Item(
        layer="logs",
        resource="ingestion",
        key="logs:ingested",
        quantity=Bounds.of(usage.logs_gb),
        basis="flow log, control plane, database and engine logs",
        usage=True,
    )
    yield Item(
        layer="logs",
        resource="kept logs",
        key="logs:stored",
        quantity=Bounds.of(usage.logs_gb * exact(usage.assumed.kept_logs_factor)),
        basis=f"ours: {usage.assumed.kept_logs_factor:g} × a month's: three, compressed to a fifth",
        usage=True,
    )


def secrets_of(settings: Settings) -> int:
    """Secrets of the stack: a login each, Temporal's where it is on."""
    return SECRETS + (1 if settings.workflows.enabled else 0)


def monitoring_items(settings: Settings, usage: Usage) -> Iterator[Item]:
    """Volumes of Prometheus and its like, alarms that need no cluster, and the audit trail."""
    chosen = settings.observability
    gib = chosen.prometheus_replicas * chosen.volume_gib
    gib += chosen.alertmanager_replicas * ALERTMANAGER_VOLUME_GIB + GRAFANA_VOLUME_GIB
    yield Item(
        layer="observability",
        resource="volumes",
        key="ebs:gp3",
        quantity=Bounds.of(gib),
        basis="of Prometheus, Alertmanager and Grafana; their pods run on the nodes",
    )
    yield Item(
        layer="observability",
        resource="alarms",
        key="cloudwatch:alarm",
        quantity=Bounds.of(_alarms(settings)),
        basis="a node of either Redis, a database's storage and credits, the cluster, certificates",
    )
    yield Item(
        layer="audit",
        resource="data events",
        key="cloudtrail:data-events",
        quantity=Bounds.of((usage.bucket_writes + usage.bucket_reads) / _MILLION),
        basis="requests to the artifacts' bucket; the first trail of management events is free",
        usage=True,
    )


def _alarms(settings: Settings) -> int:
    """One a node of either Redis, one a database instance's storage, its credits where the class
    has any, the cluster's, and one a certificate."""
    cache = settings.cache.shards * (1 + settings.cache.replicas_per_shard)
    databases = 1 + settings.database.read_replicas
    credits = databases if settings.database.instance_class.startswith("db.t") else 0
    certificates = CERTIFICATES if settings.domain else 0
    return cache + settings.queue.nodes + databases + credits + CLUSTER_ALARMS + certificates


def edge_items(settings: Settings, usage: Usage) -> Iterator[Item]:
    """Load balancer, names, CDN, firewall and notifications."""
    yield Item(
        layer="ingress",
        resource="load balancer",
        key="alb:balancer",
        quantity=Bounds.of(1),
        basis="one internal load balancer",
    )
    yield Item(
        layer="ingress",
        resource="load balancer's capacity",
        key="alb:capacity-unit",
        quantity=Bounds.of(usage.balancer_units),
        basis="the largest of bytes, sockets and rules",
        usage=True,
    )
    if settings.domain and settings.hosted_zone_id is None and not settings.cell.home:
        yield Item(
            layer="dns",
            resource="zone",
            key="route53:zone",
            quantity=Bounds.of(1),
            basis="the domain's zone; queries of its aliases are free",
        )
    yield Item(
        layer="edge",
        resource="data out",
        key="cloudfront:data",
        quantity=Bounds.of(usage.edge_gb),
        basis="responses and pages, at the price of North America and Europe",
        usage=True,
    )
    yield Item(
        layer="edge",
        resource="requests",
        key="cloudfront:requests",
        quantity=Bounds.of(usage.edge_requests / _MILLION),
        basis="of the API and for files",
        usage=True,
    )
    yield Item(
        layer="edge",
        resource="function",
        key="cloudfront:functions",
        quantity=Bounds.of((usage.edge_requests - usage.requests) / _MILLION),
        basis="runs for files, not for the API",
        usage=True,
    )
    if settings.edge.waf:
        yield from _firewall(usage)


def _firewall(usage: Usage) -> Iterator[Item]:
    yield Item(
        layer="edge",
        resource="firewall",
        key="waf:acl",
        quantity=Bounds.of(1),
        basis="one list of rules",
    )
    yield Item(
        layer="edge",
        resource="firewall's rules",
        key="waf:rule",
        quantity=Bounds.of(FIREWALL_RULES),
        basis="a rate rule and AWS's managed groups",
    )
    yield Item(
        layer="edge",
        resource="firewall's requests",
        key="waf:requests",
        quantity=Bounds.of(usage.edge_requests / _MILLION),
        basis="every request of the edge",
        usage=True,
    )
