"""ResearchFlow on AWS: every layer of the scale plan, wired in the order of deployment."""

import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
import pulumi_random as random
import pulumi_tls as tls
from pulumi import InvokeOptions, ResourceOptions

import components as layers
import settings as stack_settings
from components.recovery.standby_roles import standby_roles
from scaleplan.model import load_plan
from serving import serve
from wiring import capacity, copies, foundation, outputs, standby, stores, traffic
from wiring.site import Site, default_tags, has_broker
from wiring.standing import Standing

settings = stack_settings.load()
capacity.prove(settings, load_plan())
taken_over = settings.disaster_recovery.site_of

# Providers: explicit, because the stack files switch the default ones off.
aws_provider = aws.Provider(
    "aws",
    region=settings.region,
    allowed_account_ids=[settings.aws_account_id] if settings.aws_account_id else None,
    default_tags=default_tags(settings),
)
random_provider = random.Provider("random")
tls_provider = tls.Provider("tls")
on_aws = ResourceOptions(providers=[aws_provider, random_provider])
account = aws.get_caller_identity(opts=InvokeOptions(provider=aws_provider))
site = Site(settings=settings, plan=load_plan(), account_id=account.account_id)

# What everything stands on; a recovery site stands on what another stack left in its region.
source = copies.primary_site_args(site, taken_over) if taken_over else None
primary = layers.PrimarySite("primary-site", source) if source else None
encryption = layers.Encryption("encryption", foundation.encryption_args(site, primary), on_aws)
network = layers.Network("network", foundation.network_args(site, encryption), on_aws)
registry = layers.Registry("registry", foundation.registry_args(site, encryption), on_aws)
kept = foundation.artifacts_args(site, encryption, primary)
artifacts = layers.Artifacts("artifacts", kept, on_aws)
layers.Audit("audit", foundation.audit_args(site, encryption, artifacts), on_aws)
cluster = layers.Cluster("cluster", foundation.cluster_args(site, encryption, network), on_aws)

# What holds data, open to the cluster's pods alone.
placed = (site, encryption, network, cluster)
database = layers.Database("database", stores.database_args(*placed, primary), on_aws)
emergency = stores.break_glass_args(site, encryption, cluster, database)
break_glass = layers.BreakGlass("break-glass", emergency, on_aws)
roles = stores.database_credentials_args(site, encryption, database)
credentials = layers.DatabaseCredentials("database-credentials", roles, on_aws)
cache = layers.Cache("cache", stores.cache_args(*placed), on_aws)
queue = layers.Queue("queue", stores.queue_args(*placed), on_aws)
broker = layers.Broker("broker", stores.broker_args(*placed), on_aws) if has_broker(site) else None

# What applications find in the cluster.
kubernetes_provider = kubernetes.Provider(
    "kubernetes",
    kubeconfig=cluster.kubeconfig,
    enable_server_side_apply=True,
    # Else a changed one is deleted before it is made again, and no pod that mounts it can start.
    enable_config_map_mutable=True,
    enable_secret_mutable=True,
)
in_cluster = [aws_provider, kubernetes_provider, random_provider, tls_provider]
on_cluster = ResourceOptions(providers=in_cluster)
platform = layers.Platform("platform", foundation.platform_args(*placed), on_cluster)
authority = layers.Authority("authority", foundation.authority_args(site, platform), on_cluster)

# The way in for those who ask.
at_home = settings.cell.home
home = layers.HomeCell("home", traffic.home_cell_args(site, at_home)) if at_home else None
names = traffic.dns_args(site, home)
dns = layers.Dns("dns", names, on_aws) if names else None
if dns:
    layers.ExternalDns("external-dns", traffic.external_dns_args(site, cluster, dns), on_cluster)
proof = traffic.site_certificate_args(site, primary)
shown = layers.SiteCertificate("site-certificate", proof, on_aws) if proof else None
ingress = layers.Ingress(
    "ingress", traffic.ingress_args(site, network, cluster, dns, shown), on_aws
)
way_in = traffic.site_entry_args(site, primary, ingress)
if way_in:
    layers.SiteEntry("site-entry", way_in, on_aws)

outputs.export(outputs.inside(cluster, break_glass, database, artifacts, registry))
standing = Standing(
    site=site,
    on_aws=on_aws,
    on_cluster=on_cluster,
    primary=primary,
    encryption=encryption,
    network=network,
    registry=registry,
    artifacts=artifacts,
    cluster=cluster,
    database=database,
    break_glass=break_glass,
    credentials=credentials,
    cache=cache,
    queue=queue,
    broker=broker,
    platform=platform,
    authority=authority,
    dns=dns,
    ingress=ingress,
)
if settings.disaster_recovery.standby:
    standby_roles(standby.roles_args(standing), on_aws)
else:
    serve(standing)
