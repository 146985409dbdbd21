"""The one frozen `Settings` of a stack: its own choices laid over the row of its size."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from scaleplan.applications.workload_settings import ScalingSettings, WorkerScaler
from scaleplan.capacity.result import CheckName
from scaleplan.catalog import Architecture, load_catalog
from scaleplan.citus.sharding import ShardingSettings
from scaleplan.config.section import Allowed, Matching, OneOf
from scaleplan.database.migrations import MigrationsSettings
from scaleplan.edge.cells import CellSettings
from scaleplan.identity.access import AccessSettings, AuditSettings
from scaleplan.images.cache import PullThroughCacheSettings
from scaleplan.load import LoadSettings
from scaleplan.observability.alerts import AlertsSettings
from scaleplan.recovery.disaster_recovery import DisasterRecoverySettings
from scaleplan.sizes import (
    EdgeSettings,
    QueueEngine,
    QueueSettings,
    Section,
    Size,
    SizeProfile,
)
from scaleplan.versions.table import load_versions

SERVICE_CIDR = IPv4Network("172.20.0.0/16")
"""The cluster's Service addresses, for good (EKS: changing it replaces the cluster)."""

PRIVATE_NETWORKS = tuple(
    IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
)
"""RFC 1918, which is what AWS advises for a VPC."""

DEFAULT_KUBERNETES_VERSION = "1.35"


def kubernetes_versions() -> list[str]:
    """EKS versions a stack may name, as far as its charts go; upgrades go one minor at a time."""
    return [each.version for each in load_versions().pin("kubernetes").support]


ImageReference = Annotated[
    str,
    Matching(
        r"sha256:[0-9a-f]{64}|(?!latest$)[A-Za-z0-9_][A-Za-z0-9._-]{0,127}",
        "a tag other than latest, or a digest: sha256: and 64 hex digits",
    ),
]


class ImagesSettings(Section):
    """The image of each application in its ECR repository: a tag (never `latest`) or a digest."""

    orchestrator: Annotated[ImageReference, Field(description="image of the API")]
    worker: Annotated[ImageReference, Field(description="image of the Python workers")]
    collaboration: Annotated[ImageReference, Field(description="image of the WebSocket server")]
    web: Annotated[ImageReference, Field(description="image of the frontend")]


class Settings(SizeProfile):
    """Everything a stack decides. Built by `parse`; components receive its sections."""

    project: str
    stack: Annotated[
        str,
        Matching(
            r"[a-z][a-z0-9-]{1,10}[a-z0-9]",
            "3 to 12 lower-case letters, digits and hyphens: a bucket name holds it and 63 at most",
        ),
    ]
    size: Size
    region: Annotated[str, OneOf(lambda: load_catalog().region_names())]
    availability_zones: Annotated[
        tuple[str, ...],
        Allowed(
            "exactly 3 different zones of the stack's region, "
            "as [us-east-1a, us-east-1b, us-east-1c]"
        ),
    ]
    vpc_cidr: Annotated[
        IPv4Network,
        Allowed(
            "a private /16, as 10.0.0.0/16, that does not overlap "
            f"{SERVICE_CIDR} (the cluster's Services)"
        ),
    ]
    images: ImagesSettings
    architecture: Architecture = Architecture.ARM64
    kubernetes_version: Annotated[str, OneOf(kubernetes_versions)] = DEFAULT_KUBERNETES_VERSION
    protect_data: bool = True
    domain: (
        Annotated[
            str,
            Matching(
                r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}",
                "a DNS name in lower case, as researchflow.example.com",
            ),
        ]
        | None
    ) = Field(default=None, validate_default=True)
    hosted_zone_id: (
        Annotated[str, Matching(r"Z[A-Z0-9]{1,31}", "the id of a Route 53 zone, as Z0123ABC")]
        | None
    ) = None
    aws_account_id: Annotated[str, Matching(r"\d{12}", "the 12 digits of an account")] | None = None
    public_api_cidrs: Annotated[
        tuple[IPv4Network, ...],
        Allowed("a list of IPv4 networks of /8 or smaller, as [203.0.113.0/24]"),
    ] = ()
    # Empty objects, as `Pulumi.yaml` declares them: each leaf has a default of its own.
    access: AccessSettings = Field(default={}, validate_default=True)
    audit: AuditSettings = Field(default={}, validate_default=True)
    sharding: ShardingSettings = Field(default={}, validate_default=True)
    scaling: ScalingSettings = Field(default={}, validate_default=True)
    pull_through_cache: PullThroughCacheSettings = Field(default={}, validate_default=True)
    migrations: MigrationsSettings = Field(default={}, validate_default=True)
    cell: CellSettings = Field(default={}, validate_default=True)
    disaster_recovery: DisasterRecoverySettings = Field(default={}, validate_default=True)
    alerts: AlertsSettings = Field(default={}, validate_default=True)
    load: LoadSettings = Field(default={}, validate_default=True)
    allow_capacity_risk: Annotated[
        tuple[CheckName, ...],
        Allowed("a list of names of checks: " + ", ".join(CheckName)),
    ] = ()

    @property
    def prefix(self) -> str:
        """Beginning of every physical name that must be explicit, e.g. `researchflow-prod`."""
        return f"{self.project}-{self.stack}"

    @field_validator("availability_zones")
    @classmethod
    def _zones_are_three_of_the_region(
        cls, zones: tuple[str, ...], info: ValidationInfo
    ) -> tuple[str, ...]:
        region = info.data.get("region")
        if region is None:
            return zones
        known = load_catalog().region(region).zones()
        if len(zones) != 3 or len(set(zones)) != 3 or not set(zones) <= set(known):
            allowed = f"exactly 3 different ones of {', '.join(known)}"
            raise PydanticCustomError("zones", "are not three zones", {"allowed": allowed})
        return zones

    @field_validator("vpc_cidr")
    @classmethod
    def _vpc_holds_the_layout(cls, network: IPv4Network) -> IPv4Network:
        private = any(network.subnet_of(block) for block in PRIVATE_NETWORKS)
        if network.prefixlen != 16 or not private or network.overlaps(SERVICE_CIDR):
            raise PydanticCustomError("cidr", "does not fit")
        return network

    @field_validator("public_api_cidrs")
    @classmethod
    def _api_is_not_open_to_all(cls, networks: tuple[IPv4Network, ...]) -> tuple[IPv4Network, ...]:
        if any(network.prefixlen < 8 for network in networks):
            raise PydanticCustomError("cidr", "opens the API server to all")
        return networks

    @field_validator("domain")
    @classmethod
    def _domain_where_data_is_real(cls, domain: str | None, info: ValidationInfo) -> str | None:
        if domain is None and info.data.get("protect_data"):
            allowed = "a DNS name; only a stack with protectData false may leave it out"
            raise PydanticCustomError("domain", "is missing", {"allowed": allowed})
        return domain

    @field_validator("queue")
    @classmethod
    def _rabbitmq_needs_karpenter(cls, queue: QueueSettings, info: ValidationInfo) -> QueueSettings:
        nodes = info.data.get("nodes")
        if queue.engine is QueueEngine.RABBITMQ and nodes is not None and not nodes.karpenter:
            allowed = "engine redis where nodes.karpenter is false: too small for a broker cluster"
            raise PydanticCustomError("engine", "is too large", {"allowed": allowed})
        return queue

    @field_validator("scaling")
    @classmethod
    def _scaling_fits_queue_and_nodes(
        cls, scaling: ScalingSettings, info: ValidationInfo
    ) -> ScalingSettings:
        queue = info.data.get("queue")
        rabbitmq = queue is not None and queue.engine is QueueEngine.RABBITMQ
        if scaling.worker is WorkerScaler.HPA and rabbitmq:
            allowed = "worker keda where queue.engine is rabbitmq: redis_queue_length counts no job"
            raise PydanticCustomError("scaling", "reads another queue", {"allowed": allowed})
        nodes = info.data.get("nodes")
        if scaling.spot and nodes is not None and not nodes.karpenter:
            allowed = "spot false where nodes.karpenter is false: the one group carries controllers"
            raise PydanticCustomError("scaling", "has no pool", {"allowed": allowed})
        return scaling

    @field_validator("pull_through_cache")
    @classmethod
    def _logins_are_where_the_copies_are(
        cls, cache: PullThroughCacheSettings, info: ValidationInfo
    ) -> PullThroughCacheSettings:
        region, account = info.data.get("region"), info.data.get("aws_account_id")
        for secret in filter(None, cache.credentials.values()):
            _, _, _, there, whose, *_ = secret.split(":")
            if region and there != region:
                allowed = f"secrets of the stack's region, {region}: ECR reads no other"
                raise PydanticCustomError("cache", "is elsewhere", {"allowed": allowed})
            if account and whose != account:
                allowed = f"secrets of the stack's account, {account}"
                raise PydanticCustomError("cache", "is another's", {"allowed": allowed})
        return cache

    @field_validator("cell")
    @classmethod
    def _cell_stands_where_it_says(cls, cell: CellSettings, info: ValidationInfo) -> CellSettings:
        region, domain = info.data.get("region"), info.data.get("domain")
        edge: EdgeSettings | None = info.data.get("edge")
        allowed = None
        if cell.region and region and cell.region != region:
            allowed = f"a region that is the stack's own, {region}"
        elif cell.european and region and not load_catalog().region(region).european_union:
            allowed = "organizations outside the EU, or a region inside: " + ", ".join(
                load_catalog().european_region_names()
            )
        elif cell.european and edge is not None and edge.waf and edge.waf_logs:
            allowed = "organizations outside the EU, or edge.wafLogs false: WAF logs in us-east-1"
        elif cell.home and cell.home == info.data.get("stack"):
            allowed = "the stack of another cell as home"
        elif cell.home and info.data.get("hosted_zone_id"):
            allowed = "a home, or a hostedZoneId: the home's zone holds the names of its cells"
        elif cell.name and "domain" in info.data and domain is None:
            allowed = "set only beside a domain, below which the cells have their names"
        elif cell.home and domain and not domain.startswith(f"{cell.name}."):
            allowed = f"a name that the domain begins with, as {cell.name}.{domain}"
        if allowed is not None:
            raise PydanticCustomError("cell", "is elsewhere", {"allowed": allowed})
        return cell

    @field_validator("disaster_recovery")
    @classmethod
    def _copies_stay_where_they_may(
        cls, recovery: DisasterRecoverySettings, info: ValidationInfo
    ) -> DisasterRecoverySettings:
        known, cell = info.data, info.data.get("cell")
        allowed = recovery.allowed_instead(
            known.get("stack"), known.get("region"), european=cell is not None and cell.european
        )
        if allowed is not None:
            raise PydanticCustomError("recovery", "is elsewhere", {"allowed": allowed})
        return recovery

    @field_validator("hosted_zone_id")
    @classmethod
    def _zone_belongs_to_a_domain(cls, zone: str | None, info: ValidationInfo) -> str | None:
        if zone is not None and "domain" in info.data and info.data["domain"] is None:
            allowed = "set only beside a domain, whose zone it is"
            raise PydanticCustomError("zone", "has no domain", {"allowed": allowed})
        return zone
