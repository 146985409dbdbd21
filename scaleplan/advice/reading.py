"""A measure's series of the last hour, and the two figures that are taken from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import isfinite
from statistics import fmean, linear_regression

LEVEL_SECONDS = 15 * 60
"""What is averaged: as long as most alerts hold before they are sent."""

TREND_SECONDS = 3600
"""What a trend is taken from, and how far ahead it is followed: as far as was looked back."""

LEAST_SPAN_SECONDS = TREND_SECONDS / 2
"""Samples that lie closer together say nothing of an hour."""


class Measure(StrEnum):
    """What is read of a running stack; `rendering/observability/indicators.py` says by
    which metric."""

    DATABASE_CPU = "database CPU"
    DATABASE_MEMORY = "database memory"
    DATABASE_IO_WAIT = "database I/O wait"
    DATABASE_CONNECTIONS = "database connections"
    POOLER_CLIENTS = "clients of PgBouncer"
    POOLER_CONNECTIONS = "server connections of PgBouncer"
    REDIS_CPU = "CPU of Redis' one thread"
    REDIS_MEMORY = "memory of Redis"
    WORKLOAD_CPU = "CPU of pods"
    WORKLOAD_MEMORY = "memory of the fullest pod"
    AUTOSCALER_ROOM = "pods that the autoscaler may add"
    LATENCY = "latency p99"
    QUEUE_DEPTH = "waiting jobs"


@dataclass(frozen=True, kw_only=True)
class MetricQuestion:
    """A measure of one part of the stack: `of` is a store, a workload, or empty for all of it."""

    measure: Measure
    of: str = ""


@dataclass(frozen=True, kw_only=True)
class Series:
    """Samples of one labelled series, seconds since 1970 and value, in any order."""

    labels: Mapping[str, str]
    samples: tuple[tuple[float, float], ...]


@dataclass(frozen=True, kw_only=True)
class MetricReading:
    """A series' mean over the last quarter of an hour, and where its trend leads within an hour.

    `projected` is None where the samples don't span half an hour: then no trend is to be seen.
    """

    value: float
    projected: float | None = None
    labels: Mapping[str, str] = field(default_factory=dict[str, str])


def read(series: Series, at: float) -> MetricReading | None:
    """The reading of a series at a moment, seconds since 1970; None without a sample of late.

    Values that are no number, as a percentile of no requests, count as none.
    """
    known = sorted(
        (moment, value)
        for moment, value in series.samples
        if at - TREND_SECONDS <= moment <= at and isfinite(value)
    )
    late = [value for moment, value in known if moment > at - LEVEL_SECONDS]
    if not late:
        return None
    return MetricReading(value=fmean(late), projected=_projected(known, at), labels=series.labels)


def worst(
    series: Iterable[Series], at: float, *, projected: bool = False, lowest: bool = False
) -> MetricReading | None:
    """The reading that is farthest gone: the highest, by its projection if asked for, or `lowest`.

    None where no series has a reading.
    """
    readings = [reading for each in series if (reading := read(each, at)) is not None]

    def farthest(reading: MetricReading) -> float:
        ahead = reading.value if reading.projected is None else reading.projected
        return ahead if projected else reading.value

    pick = min if lowest else max
    return pick(readings, key=farthest, default=None)


def _projected(known: list[tuple[float, float]], at: float) -> float | None:
    """The straight line through the hour, followed for another; never below nothing."""
    if known[-1][0] - known[0][0] < LEAST_SPAN_SECONDS:
        return None
    # Counted from now: differences of seconds since 1970 would lose digits.
    moments = [moment - at for moment, _ in known]
    line = linear_regression(moments, [value for _, value in known])
    return max(0.0, line.intercept + line.slope * TREND_SECONDS)
