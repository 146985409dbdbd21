"""What a size decides of one application."""

from __future__ import annotations

from typing import Annotated

from pydantic import ValidationInfo, field_validator

from scaleplan.config.section import Section, integer, not_below


class WorkloadSettings(Section):
    """One application: replica range, and what a pod requests (the plan's RAM and CPU)."""

    min_replicas: Annotated[int, integer(1, 200, "fewest pods")]
    max_replicas: Annotated[int, integer(1, 200, "most pods; not below `minReplicas`")]
    memory_mib: Annotated[int, integer(32, 262_144, "memory of a pod, MiB")]
    cpu_millicores: Annotated[int, integer(10, 14_000, "CPU of a pod, thousandths of a core")]

    @field_validator("max_replicas")
    @classmethod
    def _max_replicas_reaches_min(cls, value: int, info: ValidationInfo) -> int:
        return not_below(info, "min_replicas", value)
