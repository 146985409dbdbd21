"""What a size decides of one application, and a stack of its workers: who scales them and where."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

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


class WorkerScaler(StrEnum):
    """What sets the number of workers."""

    KEDA = "keda"
    HPA = "hpa"


class ScalingBehavior(StrEnum):
    """How fast workers may be added."""

    PLAN = "plan"
    PROMPT = "prompt"


class ScalingSettings(Section):
    """Who scales the workers: KEDA reads the queue itself; the plan's own HPA needs a metric."""

    worker: Annotated[
        WorkerScaler,
        Field(
            description="keda, which the stack then installs, unless set; hpa needs a metrics "
            "adapter of yours that serves redis_queue_length as an external metric"
        ),
    ] = WorkerScaler.KEDA
    behavior: Annotated[
        ScalingBehavior,
        Field(
            description="plan, unless set: workers are added as the plan has it, four a minute and "
            "the first after a minute; prompt: ten at once, for bursts of jobs of a few seconds"
        ),
    ] = ScalingBehavior.PLAN
    spot: Annotated[
        bool,
        Field(
            description="workers may run on spot machines, which AWS takes back at two minutes' "
            "notice: their jobs must bear to be run again; needs karpenter"
        ),
    ] = False
