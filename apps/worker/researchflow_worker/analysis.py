"""The work itself: figures about one patient, of rows that were read before.

It runs as a process of its own (`python analysis.py`, JSON on standard input and output): the
event loop goes on renewing the job's lock, the time-out can end it, and it is given no login. So it
imports nothing but Python's own library.
"""

from __future__ import annotations

import json
import random
import sys
import time
from datetime import date
from statistics import fmean, median, quantiles
from typing import Any

DAYS_A_YEAR = 365.25
RESAMPLES = 200
"""Of the bootstrap: ten for each of the cuts that lie outside of 95 %."""

OLDEST_YEARS = 130


def work_out(asked: dict[str, Any]) -> dict[str, Any]:
    """The result of a job: of `queue`, for `patient`, among patients born at `birth_dates`.

    Raises KeyError for a queue that has no work.
    """
    return {"analysis": _analyse, "extraction": _extract, "validation": _validate}[asked["queue"]](
        asked
    )


def _analyse(asked: dict[str, Any]) -> dict[str, Any]:
    """Where the patient's age stands among those of the organization."""
    today = date.fromisoformat(asked["today"])
    ages = [_age(born, today) for born in asked["birth_dates"]]
    result: dict[str, Any] = {**_extract(asked), "patients": len(ages)}
    if not ages:
        return result
    result |= {"meanAge": round(fmean(ages), 2), "medianAge": round(median(ages), 2)}
    if result["age"] is not None:
        own = _age(asked["patient"]["birth_date"], today)
        result["shareYounger"] = round(sum(age < own for age in ages) / len(ages), 4)
    if asked["interval"] and len(ages) > 1:
        result["meanAgeInterval"] = _bootstrap(ages, asked["seed"])
    return result


def _extract(asked: dict[str, Any]) -> dict[str, Any]:
    """What is known of the patient; nothing that says who it is."""
    patient = asked["patient"] or {}
    born = patient.get("birth_date")
    today = date.fromisoformat(asked["today"])
    return {"known": bool(patient), "age": round(_age(born, today), 2) if born else None}


def _validate(asked: dict[str, Any]) -> dict[str, Any]:
    """What is wrong with the patient's row."""
    patient = asked["patient"]
    if patient is None:
        return {"valid": False, "errors": ["unknown"]}
    errors = [] if (patient["name"] or "").strip() else ["name"]
    born, today = patient["birth_date"], date.fromisoformat(asked["today"])
    if born is None or not 0 <= _age(born, today) <= OLDEST_YEARS:
        errors.append("birthDate")
    return {"valid": not errors, "errors": errors}


def _age(born: str, today: date) -> float:
    """Years."""
    return (today - date.fromisoformat(born)).days / DAYS_A_YEAR


def _bootstrap(ages: list[float], seed: str) -> list[float]:
    """The interval in which the mean lies, with 95 %; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - a sample, no secret
    means = [fmean(chance.choices(ages, k=len(ages))) for _ in range(RESAMPLES)]
    cuts = quantiles(means, n=40)
    return [round(cuts[0], 2), round(cuts[-1], 2)]


def main() -> None:
    """Work it out again and again, for as much CPU as was asked for: a load of a known size."""
    asked = json.load(sys.stdin)
    result = work_out(asked)
    while time.process_time() < asked["seconds"]:
        result = work_out(asked)
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
