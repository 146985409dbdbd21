"""Series out of a file: Prometheus' text format, as /federate gives it, or OpenMetrics."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from prometheus_client import parser as text_format
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import parser as openmetrics

from rendering.observability.indicators import Selector
from rf.advise.errors import MetricsError
from scaleplan.advice.reading import Series

_END_OF_OPENMETRICS = b"# EOF"
_TAIL_BYTES = 64


class FileSource:
    """A file's samples. `at` is the moment that was asked for, else the newest sample's.

    Samples without a timestamp are of that moment; a file of none but these has the moment 0.
    """

    def __init__(self, path: Path, selectors: Iterable[Selector], at: float | None) -> None:
        """Reads the file once and keeps what the selectors may take. Raises MetricsError."""
        wanted = {selector.metric for selector in selectors}
        found: dict[tuple[str, frozenset[tuple[str, str]]], list[tuple[float | None, float]]]
        found = defaultdict(list)
        for name, labels, moment, value in _samples(path):
            if name in wanted:
                found[name, frozenset(labels.items())].append((moment, value))
        moments = [moment for each in found.values() for moment, _ in each if moment is not None]
        self.at = at if at is not None else max(moments, default=0.0)
        self.name = str(path)
        self._series = {
            place: Series(
                labels=dict(place[1]),
                samples=tuple(
                    (self.at if moment is None else moment, value) for moment, value in samples
                ),
            )
            for place, samples in found.items()
        }

    def series(self, selector: Selector) -> list[Series]:
        """The series that the selector takes."""
        return [
            series
            for (name, _), series in self._series.items()
            if name == selector.metric and selector.matches(series.labels)
        ]


def _samples(path: Path) -> Iterator[tuple[str, dict[str, str], float | None, float]]:
    try:
        with path.open(encoding="utf-8") as text:
            for family in _families(path, text):
                for sample in family.samples:
                    moment = None if sample.timestamp is None else float(sample.timestamp)
                    yield sample.name, sample.labels, moment, float(sample.value)
    except (OSError, UnicodeDecodeError) as error:
        raise MetricsError(f"--metrics {path}: unreadable: {error}") from error
    except ValueError as error:
        raise MetricsError(
            f"--metrics {path}: neither Prometheus' text format nor OpenMetrics: {error}"
        ) from error


def _families(path: Path, text: TextIO) -> Iterator[Metric]:
    """The format that says so at its end, or the older one."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        ends = file.read().rstrip().endswith(_END_OF_OPENMETRICS)
    read = openmetrics if ends else text_format
    yield from read.text_fd_to_metric_families(text)
