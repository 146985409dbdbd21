"""What the pod's variables say (the application contract), read once at the start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, PositiveInt


def _separated(value: Any) -> Any:
    return tuple(value.split(",")) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_separated)]
"""Names that are separated by commas."""


class Settings(BaseModel):
    """One field for each variable, under its name in small letters. Times are seconds."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    port: PositiveInt
    metrics_port: PositiveInt

    queue_engine: Literal["redis"]
    queue_clients: Names
    queue_names: Names
    queue_url: str
    bullmq_prefix: str = "bull"
    worker_concurrency: PositiveInt
    job_timeout_seconds: PositiveInt

    database_url: str
    database_pool_max: PositiveInt
    database_replica_url: str
    database_replica_pool_max: PositiveInt

    cache_url: str
    cache_max_retries_per_request: int
    cache_key_prefix_feature_flag: str
    cache_ttl_feature_flag_seconds: PositiveInt

    pgsslrootcert: str | None = None
    """Authorities of TLS in the cluster, which Redis' certificates may come from too."""


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Raises pydantic's ValidationError, which names the variables that are wrong."""
    return Settings.model_validate({name.lower(): value for name, value in environment.items()})
