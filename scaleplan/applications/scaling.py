"""Who sets the number of workers, and what machines they may run on."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from scaleplan.sizes import Section


class WorkerScaler(StrEnum):
    """What sets the number of workers."""

    KEDA = "keda"
    HPA = "hpa"


class ScalingSettings(Section):
    """Who scales the workers: KEDA reads the queue itself; the plan's own HPA needs a metric."""

    worker: Annotated[
        WorkerScaler,
        Field(
            description="keda, which the stack then installs, unless set; hpa needs a metrics "
            "adapter of yours that serves redis_queue_length as an external metric"
        ),
    ] = WorkerScaler.KEDA
    spot: Annotated[
        bool,
        Field(
            description="workers may run on spot machines, which AWS takes back at two minutes' "
            "notice: their jobs must bear to be run again; needs karpenter"
        ),
    ] = False
