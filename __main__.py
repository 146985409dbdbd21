"""ResearchFlow on AWS: every layer of the scale plan, wired in the order of deployment."""

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
import pulumi_random as random
import pulumi_tls as tls
from pulumi import InvokeOptions, ResourceOptions

import settings as stack_settings
from components.artifacts import Artifacts
from components.authority import Authority
from components.broker import Broker
from components.cache import Cache
from components.citus import Citus
from components.cluster import Cluster
from components.collaboration import Collaboration
from components.connections import Connections
from components.database import Database
from components.database_bootstrap import DatabaseBootstrap
from components.database_credentials import DatabaseCredentials
from components.dns import Dns
from components.edge import Edge
from components.encryption import Encryption
from components.ingress import Ingress
from components.network import Network
from components.orchestrator import Orchestrator
from components.pgbouncer import Pgbouncer
from components.platform import Platform
from components.queue import Queue
from components.registry import Registry
from components.web import Web
from components.worker import Worker
from scaleplan.model import load_plan
from wiring import applications, foundation, sharding, stores, traffic
from wiring.site import Site, default_tags, has_broker

settings = stack_settings.load()

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
encryption = Encryption("encryption", foundation.encryption_args(site), on_aws)
network = Network("network", foundation.network_args(site, encryption), on_aws)
registry = Registry("registry", foundation.registry_args(site, encryption), on_aws)
artifacts = Artifacts("artifacts", foundation.artifacts_args(site, encryption), on_aws)
cluster = Cluster("cluster", foundation.cluster_args(site, encryption, network), on_aws)

# What holds data, open to the cluster's pods alone.
placed = (site, encryption, network, cluster)
database = Database("database", stores.database_args(*placed), on_aws)
roles = stores.database_credentials_args(site, encryption, database)
credentials = DatabaseCredentials("database-credentials", roles, on_aws)
cache = Cache("cache", stores.cache_args(*placed), on_aws)
queue = Queue("queue", stores.queue_args(*placed), on_aws)
broker = Broker("broker", stores.broker_args(*placed), on_aws) if has_broker(site) else None

# What applications find in the cluster.
kubernetes_provider = kubernetes.Provider(
    "kubernetes", kubeconfig=cluster.kubeconfig, enable_server_side_apply=True
)
in_cluster = [aws_provider, kubernetes_provider, random_provider, tls_provider]
on_cluster = ResourceOptions(providers=in_cluster)
platform = Platform("platform", foundation.platform_args(*placed), on_cluster)
authority = Authority("authority", foundation.authority_args(site, platform), on_cluster)
sharded = sharding.citus_args(
    *placed, platform=platform, authority=authority, database=database, credentials=credentials
)
citus = Citus("citus", sharded, on_cluster) if settings.sharding.present else None
serving = citus if settings.sharding.serving else None
roles = stores.database_bootstrap_args(site, platform, database, credentials, serving)
bootstrap = DatabaseBootstrap("database-bootstrap", roles, on_cluster)
backend = stores.Backend(database, credentials, bootstrap, serving)
pooled = stores.pgbouncer_args(site, platform, backend, authority)
pgbouncer = Pgbouncer("pgbouncer", pooled, on_cluster)
kept = stores.Stores(backend=backend, cache=cache, queue=queue, broker=broker, artifacts=artifacts)
connections = Connections(
    "connections", stores.connections_args(site, platform, pgbouncer, kept), on_cluster
)

# The applications, and the way in for those that answer requests.
dns = Dns("dns", traffic.dns_args(site, settings.domain), on_aws) if settings.domain else None
ingress = Ingress("ingress", traffic.ingress_args(site, network, cluster, dns), on_aws)
hosting = applications.Hosting(
    platform=platform,
    registry=registry,
    connections=connections,
    authority=authority,
    access=applications.artifact_access(site, encryption, cluster, artifacts),
)
served = (site, hosting, ingress)
orchestrator = Orchestrator("orchestrator", applications.orchestrator_args(*served), on_cluster)
collaboration = Collaboration("collaboration", applications.collaboration_args(*served), on_cluster)
web = Web("web", applications.web_args(*served), on_cluster)
worker = Worker("worker", applications.worker_args(site, hosting), on_cluster)
edge = Edge("edge", traffic.edge_args(site, web, ingress, dns), on_aws)

pulumi.export("url", edge.url)
pulumi.export("distributionId", edge.distribution_id)
pulumi.export("staticBucket", web.bucket_name)
pulumi.export("artifactsBucket", artifacts.bucket_name)
pulumi.export("clusterName", cluster.cluster_name)
pulumi.export("kubeconfig", cluster.kubeconfig)
pulumi.export("databaseSecretArn", database.secret_arn)
pulumi.export("databaseEventsTopicArn", database.events_topic_arn)
pulumi.export("repositories", registry.repository_urls)
if dns and dns.name_servers:
    pulumi.export("nameServers", dns.name_servers)
