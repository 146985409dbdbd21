"""Series out of a running Prometheus, over its HTTP API."""

from __future__ import annotations

import time
from typing import Annotated, Literal
from urllib.parse import urlsplit

import requests
from pydantic import BaseModel, Field, ValidationError

from rendering.observability.indicators import Selector
from rf.advise.errors import MetricsError
from scaleplan.advice.reading import TREND_SECONDS, Series

STEP_SECONDS = 60
"""Between two samples that are asked for: an hour is 61 of them."""

TIMEOUT_SECONDS = 10.0
"""Of one query: Prometheus' own limit is longer, but a scalar of an hour takes milliseconds."""


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
        answer = self._asked(
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

    def _asked(self, parameters: dict[str, str]) -> _Success:
        try:
            response = self._session.get(
                f"{self._url}/api/v1/query_range", params=parameters, timeout=TIMEOUT_SECONDS
            )
        except requests.RequestException as error:
            # The message of requests holds the whole URL, and with it a login.
            reason = type(error).__name__
            raise MetricsError(f"{self.name} does not answer: {reason}") from None
        text = response.text
        try:
            return _Success.model_validate_json(text)
        except ValidationError:
            raise MetricsError(f"{self.name}: {_refusal(response.status_code, text)}") from None


def _refusal(status: int, text: str) -> str:
    try:
        return f"refuses the query: {_Failure.model_validate_json(text).error}"
    except ValidationError:
        return f"answers HTTP {status}, and not as Prometheus does"
