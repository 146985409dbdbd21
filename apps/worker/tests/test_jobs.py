"""What producers may put into a job, and what is said of a wrong one."""

from __future__ import annotations

from typing import Any

import pytest
from researchflow_worker.jobs import InvalidJobError, read_job

DATA: dict[str, Any] = {
    "organizationId": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "analysisId": "0e4fd2c0-6d0b-4a4a-9b57-2f4f4f3c5c11",
    "patientId": "patient-1",
}


def test_a_job_is_read() -> None:
    job = read_job("analysis", DATA)
    assert (job.queue, job.patient_id, job.seconds) == ("analysis", "patient-1", 0)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"organizationId": "patient-secret"}, "organizationId"),
        ({"patientId": ""}, "patientId"),
        ({"seconds": -1}, "seconds"),
        ({"seconds": "patient-secret"}, "seconds"),
    ],
)
def test_the_field_that_is_wrong_is_named_without_its_value(
    change: dict[str, Any], named: str
) -> None:
    with pytest.raises(InvalidJobError, match=named) as caught:
        read_job("analysis", {**DATA, **change})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("data", [None, "patient-secret", 3])
def test_what_is_no_object_is_no_job(data: Any) -> None:
    with pytest.raises(InvalidJobError, match="no object"):
        read_job("analysis", data)
