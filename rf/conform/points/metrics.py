"""Points of what an application says of itself: its metrics, and its log."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from prometheus_client import Metric as Family
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample as MetricSample

from rendering.applications.metrics import Metric, application_metrics
from rendering.shared.endpoints import METRICS_PATH
from rf.conform.point import ALL, SERVED, ContractPoint, Explanation
from rf.conform.seen import BrokenPointError, NotTriedError, require
from rf.conform.trial import Trial
from rf.shared.applications.http_client import WebRequest
from scaleplan.model import load_plan

_OF_PROMETHEUS = {"le", "quantile"}
"""Labels that a kind has by itself."""

_TRIED = ("write", "read", "public")
"""Samples whose patients are looked for, as far as they are there."""


def _bounds() -> tuple[int, int]:
    latency = load_plan().thresholds.response_latency
    return int(latency.warning), int(latency.critical)


def _asked_of(application: str) -> list[Metric]:
    return [each for each in application_metrics(_bounds()) if application in each.readers]


def _exposed(trial: Trial) -> str:
    """The exposition after some requests."""
    process = trial.process()
    patient = trial.patient()
    for name in _TRIED:
        if trial.samples.has(name):
            trial.asked_well(name, process, patient)
    answer = trial.send(process.ports.metrics, WebRequest(path=METRICS_PATH))
    require(answer.status == 200, f"{METRICS_PATH} answered {answer.status}")
    return answer.body.decode(errors="replace")


def _families(text: str) -> dict[str, Family]:
    """By the name in the contract: the parser takes `_total` off that of a counter."""
    try:
        found = list(text_string_to_metric_families(text))
    except ValueError as error:
        raise BrokenPointError(f"{METRICS_PATH} is not Prometheus' text format: {error}") from error
    return {f"{each.name}_total" if each.type == "counter" else each.name: each for each in found}


def _samples(trial: Trial, families: Mapping[str, Family], name: str) -> list[MetricSample]:
    require(name in families, f"there is no {name}")
    (wanted,) = [each for each in _asked_of(trial.tried.name) if each.name == name]
    kind = families[name].type
    require(kind == wanted.kind, f"{name} is a {kind}, not a {wanted.kind}")
    return list(families[name].samples)


def _names_and_labels(trial: Trial) -> None:
    families = _families(_exposed(trial))
    for metric in _asked_of(trial.tried.name):
        samples = _samples(trial, families, metric.name)
        require(samples, f"{metric.name} counts nothing after requests")
        for sample in samples:
            labels = sample.labels.keys() - _OF_PROMETHEUS
            require(
                labels == set(metric.labels),
                f"{sample.name} has the labels {', '.join(sorted(labels))}"
                f" instead of {', '.join(metric.labels)}",
            )


def _buckets(trial: Trial) -> None:
    families = _families(_exposed(trial))
    for metric in _asked_of(trial.tried.name):
        if metric.kind != "histogram":
            continue
        samples = families[metric.name].samples if metric.name in families else ()
        bounds = {float(each.labels["le"]) for each in samples if "le" in each.labels}
        lacking = [bound for bound in _bounds() if bound not in bounds]
        require(not bounds or not lacking, f"{metric.name} has no bucket up to {lacking} s")


def _counts(trial: Trial) -> None:
    """Every request counts once, with its method and its status."""
    name = next((each for each in _TRIED if trial.samples.has(each)), "")
    before = _requests(trial)
    process = trial.process()
    asked = [trial.asked_well(name, process) for _ in range(3)]
    method = trial.samples.request(name, "…").method
    want = method, str(asked[0].status)
    more = _requests(trial).get(want, 0.0) - before.get(want, 0.0)
    require(more == 3.0, f"3 requests {method} with status {want[1]} counted {more:g} times")


def _requests(trial: Trial) -> dict[tuple[str, str], float]:
    """Requests counted by method and status, whatever their labels are beside."""
    answer = trial.send(trial.process().ports.metrics, WebRequest(path=METRICS_PATH))
    counted: dict[tuple[str, str], float] = {}
    for family in _families(answer.body.decode(errors="replace")).values():
        for sample in family.samples:
            if sample.name == "http_requests_total":
                key = sample.labels.get("method", ""), sample.labels.get("status", "")
                counted[key] = counted.get(key, 0.0) + sample.value
    return counted


def _no_patient_in_metrics(trial: Trial) -> None:
    if not any(trial.samples.has(name) for name in _TRIED):
        raise NotTriedError(f"the samples name none of {', '.join(_TRIED)}")
    found = _planted_in(trial, _exposed(trial).splitlines())
    require(not found, f"{METRICS_PATH} holds an identifier of a patient: {found[:1]}")


def _log_is_json(trial: Trial) -> None:
    for line in _log(trial):
        try:
            said = json.loads(line)
        except ValueError:
            said = None
        require(isinstance(said, dict), f"a line of its log is no JSON object: {line[:120]}")


def _log_has_no_patient(trial: Trial) -> None:
    _log(trial)
    found = _planted_in(trial, trial.said())
    require(not found, f"an identifier of a patient is in its log: {found[:1]}")


def _log_has_no_secret(trial: Trial) -> None:
    _log(trial)
    secrets = trial.stand.secrets(trial.tried.name)
    lines = trial.said()
    found = [line for line in lines if any(secret in line for secret in secrets)]
    require(not found, f"{len(found)} lines of its log hold a password")


def _log(trial: Trial) -> list[str]:
    """Its standard output of all trials so far, with requests in it."""
    patient = trial.patient()
    for name in _TRIED:
        if trial.samples.has(name):
            trial.ask(name, patient=patient)
    return [line for line in trial.outputs() if line.strip()]


def _planted_in(trial: Trial, lines: Iterable[str]) -> list[str]:
    return [
        line.strip()[:120] for line in lines if any(planted in line for planted in trial.planted)
    ]


POINTS = (
    ContractPoint(
        id="metrics",
        title="the metrics, their kinds and labels",
        applications=SERVED,
        attempt=_names_and_labels,
        needs=("read",),
        explanation=Explanation(
            text="Rules, dashboards and the autoscaler ask for these names and labels: another"
            " label makes other series, a missing one a rule that never fires.",
            node="new Counter({name: 'http_requests_total', labelNames: ['method', 'route',"
            " 'status']})",
            python='Counter("http_requests_total", "…", ["method", "route", "status"])',
        ),
    ),
    ContractPoint(
        id="metrics-buckets",
        title="the bounds of latency among the buckets",
        applications=SERVED,
        attempt=_buckets,
        needs=("read",),
        explanation=Explanation(
            text="The thresholds of latency can be told only where a bucket ends there.",
            node="new Histogram({name: 'http_request_duration_seconds', buckets: [1, 2, 5], …})",
            python='Histogram("http_request_duration_seconds", "…", labels, buckets=(1, 2, 5))',
        ),
    ),
    ContractPoint(
        id="metrics-count",
        title="every request counts once",
        applications=SERVED,
        attempt=_counts,
        needs=("read",),
        explanation=Explanation(
            text="Count where the answer is sent, errors included, not in each handler.",
            node="res.on('finish', () => total.inc({method, route, status: res.statusCode}))",
            python="# a middleware around all routes, with `finally: total.labels(…).inc()`",
        ),
    ),
    ContractPoint(
        id="metrics-no-patient",
        title="no identifier of a patient in metrics",
        applications=SERVED,
        attempt=_no_patient_in_metrics,
        explanation=Explanation(
            text="The label `route` is the pattern that matched, never the path; what matched"
            " nothing is one label for all.",
            node="const route = req.route?.path ?? 'none'",
            python='route = request.match_info.route.resource.canonical if matched else "none"',
        ),
    ),
    ContractPoint(
        id="log-json",
        title="one JSON object a line on standard output",
        applications=ALL,
        attempt=_log_is_json,
        explanation=Explanation(
            text="Give the framework and its libraries the same logger; a stray print breaks the"
            " line.",
            node="const log = pino()  // and app.use(pinoHttp({logger: log}))",
            python="# one handler on the root logger whose formatter is json.dumps",
        ),
    ),
    ContractPoint(
        id="log-no-secret",
        title="no password in its log",
        applications=ALL,
        attempt=_log_has_no_secret,
        explanation=Explanation(
            text="A URL of a store holds its login, and so does the error of many a client.",
            node="log.info({host: new URL(process.env.DATABASE_URL).host}, 'connecting')",
            python='log.info("connecting", extra={"host": urlsplit(url).hostname})',
        ),
    ),
    ContractPoint(
        id="log-no-patient",
        title="no identifier of a patient in its log",
        applications=ALL,
        attempt=_log_has_no_patient,
        explanation=Explanation(
            text="Log the route's pattern instead of the path, and no body.",
            node="pinoHttp({serializers: {req: (req) => ({method: req.method, route:"
            " req.route?.path})}})",
            python="# turn the server's own access log off: it has the path",
        ),
    ),
)
