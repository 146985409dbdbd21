"""ResearchFlow on AWS: every layer of the scale plan, wired in the order of deployment."""

import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
import pulumi_random as random
import pulumi_tls as tls
from pulumi import InvokeOptions, ResourceOptions

import components as layers
import settings as stack_settings
from scaleplan.model import load_plan
from serving import serve
from wiring import (
    applications,
    capacity,
    cluster,
    database,
    edge,
    identity,
    network,
    outputs,
    queue,
    recovery,
    redis,
)
from wiring.stack import Stack, default_tags

settings, plan = stack_settings.load(), load_plan()
capacity.prove(settings, plan)

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
stack = Stack(settings=settings, plan=plan, account_id=account.account_id, on_aws=on_aws)

# What everything stands on; a recovery site stands on what another stack left in its region.
if settings.disaster_recovery.site_of:
    stack.primary_site = layers.PrimarySite("primary-site", recovery.primary_site_args(stack))
stack.encryption = layers.Encryption("encryption", identity.encryption_args(stack), on_aws)
stack.network = layers.Network("network", network.network_args(stack), on_aws)
stack.registry = layers.Registry("registry", applications.registry_args(stack), on_aws)
stack.artifacts = layers.Artifacts("artifacts", applications.artifacts_args(stack), on_aws)
layers.Audit("audit", identity.audit_args(stack), on_aws)
stack.cluster = layers.Cluster("cluster", cluster.cluster_args(stack), on_aws)
stack.pod_roles = layers.PodRoles("pod-roles", identity.pod_roles_args(stack), on_aws)

# What holds data, open to the cluster's pods alone.
stack.database = layers.Database("database", database.database_args(stack), on_aws)
stack.break_glass = layers.BreakGlass("break-glass", identity.break_glass_args(stack), on_aws)
stack.credentials = layers.DatabaseCredentials(
    "database-credentials", database.database_credentials_args(stack), on_aws
)
stack.cache = layers.Cache("cache", redis.cache_args(stack), on_aws)
stack.queue = layers.Queue("queue", queue.queue_args(stack), on_aws)
if stack.has_broker:
    stack.broker = layers.Broker("broker", queue.broker_args(stack), on_aws)

# What applications find in the cluster.
kubernetes_provider = kubernetes.Provider(
    "kubernetes",
    kubeconfig=stack.cluster.kubeconfig,
    enable_server_side_apply=True,
    # Else a changed one is deleted before it is made again, and no pod that mounts it can start.
    enable_config_map_mutable=True,
    enable_secret_mutable=True,
)
in_cluster = [aws_provider, kubernetes_provider, random_provider, tls_provider]
stack.on_cluster = on_cluster = ResourceOptions(providers=in_cluster)
stack.platform = layers.Platform("platform", cluster.platform_args(stack), on_cluster)
stack.authority = layers.Authority("authority", identity.authority_args(stack), on_cluster)

# Where users come in, for those who ask.
if settings.cell.home:
    stack.home_cell = layers.HomeCell("home", edge.home_cell_args(stack))
if dns_args := edge.dns_args(stack):
    stack.dns = layers.Dns("dns", dns_args, on_aws)
    layers.ExternalDns("external-dns", edge.external_dns_args(stack, stack.dns), on_cluster)
if site_certificate_args := edge.site_certificate_args(stack):
    stack.site_certificate = layers.SiteCertificate(
        "site-certificate", site_certificate_args, on_aws
    )
stack.ingress = layers.Ingress("ingress", edge.ingress_args(stack), on_aws)
if site_entry_args := edge.site_entry_args(stack):
    layers.SiteEntry("site-entry", site_entry_args, on_aws)

outputs.export(outputs.foundation_outputs(stack))
if not settings.disaster_recovery.standby:
    serve(stack, stack_settings.secrets())
