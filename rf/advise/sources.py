"""Where a stack's series come from: a running Prometheus, or a file of metrics."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal, TextIO
from urllib.parse import urlsplit

import requests
from prometheus_client import parser as text_format
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import parser as openmetrics
from pydantic import BaseModel, Field, ValidationError

from rendering.observability.indicators import Selector
from rf.shared.errors import InputError
from scaleplan.advice.reading import TREND_SECONDS, Series

STEP_SECONDS = 60
"""Between two samples that are asked for: an hour is 61 of them."""

TIMEOUT_SECONDS = 10.0
"""Of one query: Prometheus' own limit is longer, but a scalar of an hour takes milliseconds."""

_END_OF_OPENMETRICS = b"# EOF"
_TAIL_BYTES = 64


class MetricsError(InputError):
    """Metrics that can't be read, or that have nothing of this stack."""


class _Range(BaseModel):
    metric: dict[str, str]
    values: list[tuple[float, Annotated[float, Field(strict=False)]]]


class _Matrix(BaseModel):
    result_type: Annotated[Literal["matrix"], Field(alias="resultType")]
    result: list[_Range]


class _Success(BaseModel):
    status: Literal["success"]
    data: _Matrix


class _Failure(BaseModel):
    status: Literal["error"]
    error: str


class PrometheusSource:
    """A Prometheus at a URL, asked for the hour before `at` (now if None), seconds since 1970."""

    def __init__(self, url: str, at: float | None) -> None:
        """Raises MetricsError for what is no address."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise MetricsError(
                "--prometheus: not the address of a Prometheus, as http://localhost:9090"
            )
        self._url = url.rstrip("/")
        self.at = time.time() if at is None else at
        port = f":{parts.port}" if parts.port else ""
        self.name = f"{parts.scheme}://{parts.hostname}{port}{parts.path.rstrip('/')}"
        """The address without a login that may stand in it."""
        self._session = requests.Session()

    def series(self, selector: Selector) -> list[Series]:
        """The selector's series. Raises MetricsError where Prometheus does not answer."""
        answer = self._query(
            {
                "query": str(selector),
                "start": f"{self.at - TREND_SECONDS:.3f}",
                "end": f"{self.at:.3f}",
                "step": str(STEP_SECONDS),
            }
        )
        return [
            Series(
                labels={name: value for name, value in each.metric.items() if name != "__name__"},
                samples=tuple(each.values),
            )
            for each in answer.data.result
        ]

    def _query(self, parameters: dict[str, str]) -> _Success:
        try:
            response = self._session.get(
                f"{self._url}/api/v1/query_range", params=parameters, timeout=TIMEOUT_SECONDS
            )
        except requests.RequestException as error:
            raise MetricsError(f"{self.name} does not answer: {_reason(error)}") from None
        text = response.text
        try:
            return _Success.model_validate_json(text)
        except ValidationError:
            raise MetricsError(f"{self.name}: {_refusal(response.status_code, text)}") from None


def _reason(error: requests.RequestException) -> str:
    """What the system said of it, such as a refused connection, else what kind of error it is: the
    message of requests holds the whole URL, and with it a login."""
    cause: BaseException | None = error
    while cause is not None:
        said = cause.strerror if isinstance(cause, OSError) else None
        if said and not isinstance(cause, requests.RequestException):
            return said
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__


def _refusal(status: int, text: str) -> str:
    try:
        return f"refuses the query: {_Failure.model_validate_json(text).error}"
    except ValidationError:
        return f"answers HTTP {status}, and not as Prometheus does"


class FileSource:
    """A file's samples. `at` is the moment that was asked for, else the newest sample's.

    Samples without a timestamp are of that moment; a file of none but these has the moment 0.
    """

    def __init__(self, path: Path, selectors: Iterable[Selector], at: float | None) -> None:
        """Reads the file once and keeps what the selectors may take. Raises MetricsError."""
        wanted = {selector.metric for selector in selectors}
        samples_by_series: dict[
            tuple[str, frozenset[tuple[str, str]]], list[tuple[float | None, float]]
        ]
        samples_by_series = defaultdict(list)
        for name, labels, moment, value in _samples(path):
            if name in wanted:
                samples_by_series[name, frozenset(labels.items())].append((moment, value))
        moments = [
            moment
            for each in samples_by_series.values()
            for moment, _ in each
            if moment is not None
        ]
        self.at = at if at is not None else max(moments, default=0.0)
        self.name = str(path)
        self._series = {
            place: Series(
                labels=dict(place[1]),
                samples=tuple(
                    (self.at if moment is None else moment, value) for moment, value in samples
                ),
            )
            for place, samples in samples_by_series.items()
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
