"""A job, as the producers agree with this worker."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel


class InvalidJobError(Exception):
    """A job whose data are not as agreed: no attempt will go well."""


class AnalysisJob(BaseModel):
    """What is to be worked out. `seconds` of CPU are spent on it at least."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True, populate_by_name=True)

    queue: str
    organization_id: UUID
    analysis_id: UUID
    patient_id: str = Field(min_length=1, max_length=200)
    seconds: float = Field(default=0, ge=0, le=240)


def read_job(queue: str, data: Any) -> AnalysisJob:
    """Raises InvalidJobError, which names fields and no value."""
    try:
        return AnalysisJob.model_validate({**data, "queue": queue})
    except TypeError:
        raise InvalidJobError("a job's data are no object") from None
    except ValidationError as error:
        wrong = ", ".join(sorted({".".join(map(str, each["loc"])) for each in error.errors()}))
        raise InvalidJobError(f"a job's data are not as agreed: {wrong}") from None
