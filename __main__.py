"""ResearchFlow on AWS: every layer of the scale plan, wired in the order of deployment."""

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
import pulumi_random as random
import pulumi_tls as tls
from pulumi import InvokeOptions, ResourceOptions

import components as layers
import settings as stack_settings
from scaleplan.model import load_plan
from wiring import (
    applications,
    capacity,
    foundation,
    observability,
    outputs,
    sharding,
    stores,
    traffic,
)
from wiring import recovery as copies
from wiring.site import Site, default_tags, has_broker
from wiring.workflows import temporal_args, with_workflows

settings = stack_settings.load()
capacity.prove(settings, load_plan())

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

# What everything stands on.
encryption = layers.Encryption("encryption", foundation.encryption_args(site), on_aws)
network = layers.Network("network", foundation.network_args(site, encryption), on_aws)
registry = layers.Registry("registry", foundation.registry_args(site, encryption), on_aws)
artifacts = layers.Artifacts("artifacts", foundation.artifacts_args(site, encryption), on_aws)
layers.Audit("audit", foundation.audit_args(site, encryption, artifacts), on_aws)
cluster = layers.Cluster("cluster", foundation.cluster_args(site, encryption, network), on_aws)

# What holds data, open to the cluster's pods alone.
placed = (site, encryption, network, cluster)
database = layers.Database("database", stores.database_args(*placed), on_aws)
emergency = stores.break_glass_args(site, encryption, cluster, database)
break_glass = layers.BreakGlass("break-glass", emergency, on_aws)
roles = stores.database_credentials_args(site, encryption, database)
credentials = layers.DatabaseCredentials("database-credentials", roles, on_aws)
cache = layers.Cache("cache", stores.cache_args(*placed), on_aws)
queue = layers.Queue("queue", stores.queue_args(*placed), on_aws)
broker = layers.Broker("broker", stores.broker_args(*placed), on_aws) if has_broker(site) else None

# What applications find in the cluster.
kubernetes_provider = kubernetes.Provider(
    "kubernetes", kubeconfig=cluster.kubeconfig, enable_server_side_apply=True
)
in_cluster = [aws_provider, kubernetes_provider, random_provider, tls_provider]
on_cluster = ResourceOptions(providers=in_cluster)
platform = layers.Platform("platform", foundation.platform_args(*placed), on_cluster)
authority = layers.Authority("authority", foundation.authority_args(site, platform), on_cluster)
sharded = sharding.citus_args(
    *placed, platform=platform, authority=authority, database=database, credentials=credentials
)
citus = layers.Citus("citus", sharded, on_cluster) if settings.sharding.present else None
serving = citus if settings.sharding.serving else None
roles = stores.database_bootstrap_args(site, platform, database, credentials, serving)
bootstrap = layers.DatabaseBootstrap("database-bootstrap", roles, on_cluster)
backend = stores.Backend(database, credentials, bootstrap, serving)
migration = None
if settings.migrations.command:
    tables = applications.database_migration_args(site, platform, registry, authority, bootstrap)
    migration = layers.DatabaseMigration("database-migration", tables, on_cluster)
pooled = stores.pgbouncer_args(site, platform, backend, authority)
pgbouncer = layers.Pgbouncer("pgbouncer", pooled, on_cluster)
migrated = migration.ready if migration else None
kept = stores.Stores(backend, cache, queue, broker, artifacts, migrated, citus)
told = stores.connections_args(site, platform, pgbouncer, authority, kept)
connections = layers.Connections("connections", told, on_cluster)

# The applications, and the way in for those that answer requests.
at_home = settings.cell.home
home = layers.HomeCell("home", traffic.home_cell_args(site, at_home)) if at_home else None
domain = settings.domain
dns = layers.Dns("dns", traffic.dns_args(site, domain, home), on_aws) if domain else None
if dns:
    layers.ExternalDns("external-dns", traffic.external_dns_args(site, cluster, dns), on_cluster)
# What sees it all, and what the API's autoscaler asks how many requests there are.
watched = observability.observability_args(
    *placed, authority=authority, stores=kept, dns=dns, secrets=stack_settings.secrets()
)
monitoring = layers.Observability("observability", watched, on_cluster)
ingress = layers.Ingress("ingress", traffic.ingress_args(site, network, cluster, dns), on_aws)
access = applications.artifact_access(site, encryption, cluster, artifacts)
hosting = applications.Hosting(platform, registry, connections, authority, access)
served = (site, hosting, ingress)
tasks = temporal_args(site, cluster, hosting, backend)
temporal = layers.Temporal("temporal", tasks, on_cluster) if tasks else None
api = with_workflows(site, applications.orchestrator_args(*served, monitoring), temporal)
layers.Orchestrator("orchestrator", api, on_cluster)
layers.Collaboration("collaboration", applications.collaboration_args(*served), on_cluster)
web = layers.Web("web", applications.web_args(*served), on_cluster)
layers.Worker("worker", applications.worker_args(site, hosting), on_cluster)
edge = layers.Edge("edge", traffic.edge_args(site, web, ingress, dns), on_aws)

kept_files = copies.buckets(encryption, artifacts, web, citus)
copied = copies.disaster_recovery_args(site, encryption, registry, database, kept_files)
recovery = layers.DisasterRecovery("recovery", copied, on_aws) if copied else None

for key, value in outputs.way_in(edge, web, dns).items():
    pulumi.export(key, value)
for key, value in outputs.inside(cluster, break_glass, database, monitoring).items():
    pulumi.export(key, value)
for key, value in outputs.copies(artifacts, registry, recovery, edge).items():
    pulumi.export(key, value)
