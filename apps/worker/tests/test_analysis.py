"""The figures of each queue, as whoever reads a result is told them."""

from __future__ import annotations

from typing import Any

import pytest
from researchflow_worker.analysis import work_out

TODAY = "2026-06-30"


def asked(queue: str, **more: Any) -> dict[str, Any]:
    patient = {"name": "A", "birth_date": "1986-06-30"}
    return {
        "queue": queue,
        "patient": patient,
        "birth_dates": ["1966-06-30", "1986-06-30", "1996-06-30", "2006-06-30"],
        "interval": False,
        "seed": "seed",
        "seconds": 0,
        "today": TODAY,
        **more,
    }


def test_an_analysis_places_the_patient_among_the_organizations() -> None:
    result = work_out(asked("analysis"))
    assert result["age"] == 40
    assert (result["patients"], result["meanAge"], result["medianAge"]) == (4, 37.5, 35)
    assert result["shareYounger"] == 0.5
    assert "meanAgeInterval" not in result


def test_the_interval_is_around_the_mean_and_the_same_each_time() -> None:
    first, second = (work_out(asked("analysis", interval=True)) for _ in range(2))
    low, high = first["meanAgeInterval"]
    assert low < first["meanAge"] < high
    assert first == second


@pytest.mark.parametrize("birth_dates", [[], ["1986-06-30"]])
def test_few_patients_have_no_interval(birth_dates: list[str]) -> None:
    result = work_out(asked("analysis", interval=True, birth_dates=birth_dates))
    assert result["patients"] == len(birth_dates)
    assert "meanAgeInterval" not in result


def test_nobody_is_younger_than_the_youngest() -> None:
    born = "2006-07-01"
    patient = {"name": "A", "birth_date": born}
    result = work_out(asked("analysis", patient=patient, birth_dates=["1966-06-30", born]))
    assert result["shareYounger"] == 0


def test_an_extraction_says_nothing_that_tells_who_it_is() -> None:
    assert work_out(asked("extraction")) == {"known": True, "age": 40}


def test_an_unknown_patient_is_told_of() -> None:
    assert work_out(asked("extraction", patient=None)) == {"known": False, "age": None}
    assert work_out(asked("validation", patient=None)) == {"valid": False, "errors": ["unknown"]}


@pytest.mark.parametrize(
    ("patient", "errors"),
    [
        ({"name": "A", "birth_date": "1986-06-30"}, []),
        ({"name": " ", "birth_date": "1986-06-30"}, ["name"]),
        ({"name": "A", "birth_date": None}, ["birthDate"]),
        ({"name": "A", "birth_date": "2026-07-01"}, ["birthDate"]),
        ({"name": None, "birth_date": "1886-06-30"}, ["name", "birthDate"]),
    ],
)
def test_a_validation_names_what_is_wrong(
    patient: dict[str, str | None], errors: list[str]
) -> None:
    expected = {"valid": not errors, "errors": errors}
    assert work_out(asked("validation", patient=patient)) == expected
