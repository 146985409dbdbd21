"""`rf advise` on a file: each row of the plan's tables, its change and price, and bad input."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from rendering.observability.alerting.subject import Subject
from rendering.observability.indicators import selector
from rendering.observability.prometheus_rules import recordings
from rf.advise.sources import FileSource
from rf.cli import app
from rf.shared.stacks import settings_of
from scaleplan.advice.findings import AdviceState, advice, questions
from scaleplan.advice.indicators import IndicatorTable, indicators
from scaleplan.advice.proposal import Proposal, Proposer
from scaleplan.advice.reading import Series, read
from scaleplan.cost.month import estimate
from scaleplan.load import load_at
from scaleplan.model import load_plan
from tests.commands.advise.advice_cases import DATABASE, STACK, Case, cases, flat, openmetrics

PLAN = load_plan()
AT = 1_790_000_000.0


def proposer_of(*overrides: str, stack: str = STACK) -> Proposer:
    settings = settings_of(stack, overrides=overrides)
    load = load_at(settings.load, PLAN, settings.size)

    def validate(values):
        laid = [f"{key}={str(value).lower()}" for key, value in values.items()]
        return settings_of(stack, overrides=[*overrides, *laid])

    return Proposer(settings, load, validate)


@pytest.fixture(scope="module")
def proposer() -> Proposer:
    return proposer_of()


@pytest.fixture
def metrics(tmp_path):
    path = tmp_path / "metrics.txt"

    def write(*series_or_text):
        (content,) = series_or_text
        if not isinstance(content, str):
            case = Case("", "", "", content, AdviceState.FINE)
            content = openmetrics([(case, AT)])
        path.write_text(content, encoding="utf-8")
        return path

    return write


def advised(proposer, path):
    subject = Subject(PLAN, proposer.settings)
    selectors = {asked: selector(subject, asked) for asked in questions(PLAN, proposer)}
    source = FileSource(path, selectors.values(), None)
    answers = {asked: source.series(each) for asked, each in selectors.items()}
    return advice(PLAN, proposer, answers, source.at)


def the_row(found, component, indicator, measure=None):
    (row,) = [
        each
        for each in found.findings
        if (each.component, each.words.indicator) == (component, indicator)
        and (measure is None or (each.question and str(each.question.measure) == measure))
    ]
    return row


def own_values(proposal: Proposal | None) -> dict[str, Any]:
    assert proposal is not None
    return {change.key: change.new for change in proposal.changes[: proposal.own]}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["advise", *arguments])


@pytest.mark.parametrize("case", cases(), ids=str)
def test_a_row_is_due_beyond_its_limit_and_says_what_to_change(proposer, metrics, case):
    row = the_row(
        advised(proposer, metrics(case.series)), case.component, case.indicator, case.measure
    )
    assert (row.state, case.said in row.why) == (case.state, True), row
    if case.values:
        assert own_values(row.proposal) == case.values
        assert row.proposal
        assert row.proposal.passes
    elif case.state is not AdviceState.DUE:
        assert row.proposal is None


def test_every_row_of_the_plans_tables_has_a_case_of_each_kind(proposer):
    rows = {(row.component, row.words.indicator) for row in indicators(PLAN, proposer.settings)}
    for state in AdviceState:
        found = {(case.component, case.indicator) for case in cases() if case.state is state}
        assert found == rows, state
    words = {indicator for _, indicator in rows}
    tables = (*PLAN.indicators.vertical, *PLAN.indicators.horizontal)
    assert {row.indicator for row in tables} - words == {"Single point of failure"}


@pytest.mark.parametrize(
    "config", [{}, {"queue": {"engine": "rabbitmq"}}, {"sharding": {"stage": "parallel"}}]
)
def test_only_what_the_stacks_rules_record_is_asked_for(config):
    overrides = [
        f"{section}.{key}={value}"
        for section, leaf in config.items()
        for key, value in leaf.items()
    ]
    chosen = proposer_of(*overrides)
    subject = Subject(PLAN, chosen.settings)
    recorded = {each.record for group in recordings(subject).values() for each in group}
    asked = [selector(subject, each) for each in questions(PLAN, chosen)]
    assert {each.metric for each in asked} <= recorded


@pytest.mark.parametrize(
    ("override", "component"),
    [
        ("database.multiAz=false", "PostgreSQL"),
        ("cache.replicasPerShard=0", "Redis (cache)"),
        ("queue.nodes=1", "Redis (queue)"),
        ("pgbouncer.replicas=1", "PgBouncer"),
        ("network.natGateways=1", "NAT gateways"),
        ("worker.minReplicas=1", "worker"),
    ],
)
def test_what_stands_alone_against_the_plan_is_given_a_second(metrics, override, component):
    found = advised(proposer_of(override), metrics({"unrelated": flat(1)}))
    row = the_row(found, component, "Single point of failure")
    assert row.state is AdviceState.DUE
    assert row.proposal is not None
    (change,) = row.proposal.changes[: row.proposal.own]
    assert change.key == override.partition("=")[0]
    assert row.proposal.passes
    assert row.proposal.extra.at_load >= 0


def test_a_single_instance_is_no_fault_where_the_plan_has_one(metrics):
    found = advised(proposer_of(stack="dev"), metrics({"unrelated": flat(1)}))
    row = the_row(found, "PostgreSQL", "Single point of failure")
    assert row.state is AdviceState.FINE
    assert "as the plan has it" in row.why


def test_postgresql_goes_up_to_the_end_of_the_path_and_then_out(metrics):
    busy = {f'postgres:cpu_used_percent{{instance="{DATABASE}"}}': flat(95)}
    seen = []
    for overrides in (
        ["database.instanceClass=db.r7g.large", "database.readReplicas=0"],
        [],
        ["database.instanceClass=db.r7g.2xlarge", "database.readReplicas=0"],
        ["database.instanceClass=db.r7g.2xlarge"],
    ):
        row = the_row(
            advised(proposer_of(*overrides), metrics(busy)), "PostgreSQL", "Database CPU > 80%"
        )
        assert row.proposal is not None
        seen.append((str(row.proposal.direction), own_values(row.proposal)))
    assert seen == [
        ("vertical", {"database.instanceClass": "db.r7g.xlarge"}),
        ("vertical", {"database.instanceClass": "db.r7g.2xlarge"}),
        ("horizontal", {"database.readReplicas": 2}),
        ("horizontal", {"database.readReplicas": 3}),
    ]


def test_storage_is_striped_before_the_machine_is_changed(metrics):
    waiting = {f'postgres:io_wait_percent{{instance="{DATABASE}"}}': flat(30)}
    small = ("database.allocatedStorageGib=100", "database.maxStorageGib=300")
    row = the_row(advised(proposer_of(*small), metrics(waiting)), "PostgreSQL", "I/O wait > 20%")
    assert own_values(row.proposal) == {
        "database.maxStorageGib": 400,
        "database.allocatedStorageGib": 400,
    }


def test_redis_gets_shards_when_no_larger_class_is_left(metrics):
    full = {'redis:memory_used_percent{store="cache",instance="a"}': flat(95)}
    chosen = proposer_of("cache.nodeClass=cache.r7g.xlarge")
    row = the_row(advised(chosen, metrics(full)), "Redis (cache)", "Memory pressure (swapping)")
    assert own_values(row.proposal) == {"cache.shards": 2}
    full = {'redis:memory_used_percent{store="queue",instance="a"}': flat(95)}
    chosen = proposer_of("queue.nodeClass=cache.r7g.xlarge")
    row = the_row(advised(chosen, metrics(full)), "Redis (queue)", "Memory pressure (swapping)")
    assert (row.state, row.proposal) == (AdviceState.DUE, None)
    assert "RQ can't run on a cluster" in row.why


@pytest.mark.parametrize(
    ("row", "series", "own", "others"),
    [
        (
            ("worker", "Queue depth growing"),
            {
                'worker:queue_depth{queue="analysis"}': flat(900),
                'workload:autoscaler_has_room{workload="worker"}': flat(0),
            },
            {"worker.maxReplicas": 10},
            # Cheaper would be less CPU for each orchestrator.
            {"pgbouncer.maxClientConnections": 1191, "nodes.system.minNodes": 5},
        ),
        # Cheaper would be smaller pools.
        (
            ("PgBouncer", "Connection limits hit"),
            {'pgbouncer:clients_used_percent{pod="pgbouncer-1"}': flat(90)},
            {"pgbouncer.replicas": 3},
            {"database.instanceClass": "db.r7g.large"},
        ),
    ],
)
def test_a_change_that_breaks_a_check_brings_what_mends_it_and_takes_nothing_from_others(
    metrics, row, series, own, others
):
    found = advised(proposer_of(stack="dev"), metrics(series))
    proposal = next(
        each.proposal
        for each in found.findings
        if (each.component, each.words.indicator) == row and each.proposal
    )
    assert own_values(proposal) == own
    assert proposal.values == own | others
    assert proposal.passes
    settings_of("dev", overrides=[f"{key}={value}" for key, value in proposal.values.items()])


def test_the_price_is_the_difference_of_two_bills(proposer, metrics):
    busy = {f'postgres:cpu_used_percent{{instance="{DATABASE}"}}': flat(95)}
    row = the_row(advised(proposer, metrics(busy)), "PostgreSQL", "Database CPU > 80%")
    settings = proposer.settings
    load = load_at(settings.load, PLAN, settings.size)
    larger = settings_of(STACK, overrides=["database.instanceClass=db.r7g.2xlarge"])
    before, after = (estimate(each, load).total.at_load for each in (settings, larger))
    assert row.proposal is not None
    assert row.proposal.extra.at_load == after - before > Decimal(0)


def test_actions_on_one_setting_are_one_change_to_the_larger_value(proposer, metrics):
    two = {
        'workload:cpu_used_percent{workload="worker"}': flat(72),
        'workload:autoscaler_has_room{workload="worker"}': flat(0),
        'worker:queue_depth{queue="analysis"}': flat(300),
        f'postgres:cpu_used_percent{{instance="{DATABASE}"}}': flat(95),
    }
    together = advised(proposer, metrics(two)).together
    # The queue asks for the plan's next 4 pods, CPU for one.
    assert own_values(together)["worker.maxReplicas"] == 14
    assert own_values(together)["database.instanceClass"] == "db.r7g.2xlarge"
    assert together
    assert together.passes


def test_the_worst_series_decides_and_other_stacks_do_not(proposer, metrics):
    series = {
        f'postgres:cpu_used_percent{{instance="{DATABASE}"}}': flat(20),
        f'postgres:cpu_used_percent{{instance="{DATABASE}-replica-b"}}': flat(90),
        'postgres:cpu_used_percent{instance="researchflow-prod-database"}': flat(99),
    }
    row = the_row(advised(proposer, metrics(series)), "PostgreSQL", "Database CPU > 80%")
    assert row.reading is not None
    assert row.reading.labels == {"instance": f"{DATABASE}-replica-b"}
    assert row.reading.value == pytest.approx(90)


@given(
    now=st.floats(0, 1e6),
    slope=st.floats(-1e6, 1e6),
    ago=st.sets(st.integers(0, 3600), min_size=2).filter(
        lambda each: min(each) < 900 and max(each) - min(each) >= 1800
    ),
)
def test_a_straight_line_is_followed_for_an_hour_whenever_it_was_sampled(now, slope, ago):
    samples = tuple((AT - seconds, now - slope * seconds / 3600) for seconds in ago)
    reading = read(Series(labels={}, samples=samples), AT)
    assert reading is not None
    assert reading.projected == pytest.approx(max(0, now + slope), rel=1e-6, abs=1e-3)


@pytest.mark.parametrize(
    ("ago", "value", "known"),
    [
        ((0,), 7, True),
        ((899,), 7, True),
        ((900, 3000), 7, False),
        ((-60,), 7, False),
        ((0,), float("nan"), False),
        ((), 7, False),
    ],
)
def test_only_a_sample_of_the_last_quarter_of_an_hour_is_a_reading(ago, value, known):
    series = Series(labels={}, samples=tuple((AT - seconds, value) for seconds in ago))
    reading = read(series, AT)
    assert (reading is not None) is known
    assert reading is None or (reading.value, reading.projected) == (7, None)


def test_one_sample_shows_a_level_but_no_trend(proposer, metrics):
    """What /federate gives: the newest sample of each series, in milliseconds."""
    text = (
        "# TYPE worker:queue_depth untyped\n"
        f'worker:queue_depth{{queue="analysis"}} 40 {int(AT * 1000)}\n'
        f'service:latency_p99_seconds{{service="web"}} 3.5 {int(AT * 1000)}\n'
        f'service:latency_p99_seconds{{service="orchestrator"}} NaN {int(AT * 1000)}\n'
    )
    found = advised(proposer, metrics(text))
    assert "trend is not known" in the_row(found, "worker", "Queue depth growing").why
    assert the_row(found, "web", "Request latency increasing").state is AdviceState.DUE
    idle = the_row(found, "orchestrator", "Request latency increasing")
    assert (idle.state, idle.reading) == (AdviceState.NOT_KNOWN, None)


def test_exit_codes_and_machine_output(metrics):
    busy = metrics({f'postgres:cpu_used_percent{{instance="{DATABASE}"}}': flat(95)})
    due = run("--stack", STACK, "--metrics", str(busy), "--json")
    assert due.exit_code == 1
    document = json.loads(due.stdout)
    first = document["findings"][0]
    assert (first["indicator"], first["state"]) == ("Database CPU > 80%", "due")
    assert first["table"] == str(IndicatorTable.VERTICAL)
    assert first["proposal"]["changes"] == [
        {
            "key": "database.instanceClass",
            "from": "db.r7g.xlarge",
            "to": "db.r7g.2xlarge",
            "action": True,
        }
    ]
    assert first["proposal"]["passes"] is True
    assert first["proposal"]["extraUsdPerMonth"]["atLoad"] > 0
    assert document["at"] == "2026-09-21T14:13:20+00:00"
    assert sum(document["counts"].values()) == len(document["findings"])
    told = run("--stack", STACK, "--metrics", str(busy))
    assert told.exit_code == 1
    assert (
        "pulumi config set --path 'researchflow:database.instanceClass' db.r7g.2xlarge"
        f" --stack {STACK}" in told.stdout
    )
    assert "not known" in told.stdout
    calm = metrics({f'postgres:cpu_used_percent{{instance="{DATABASE}"}}': flat(15)})
    assert run("--stack", STACK, "--metrics", str(calm)).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "one of --prometheus and --metrics"),
        (("--metrics", "README.md", "--prometheus", "http://localhost:9"), "one of --prometheus"),
        (("--metrics", "no-such-file"), "unreadable"),
        (("--metrics", "README.md"), "neither Prometheus' text format nor OpenMetrics"),
        (("--prometheus", "localhost:9090"), "not the address of a Prometheus"),
        (("--metrics", "README.md", "--at", "yesterday"), "ISO 8601"),
        (("--metrics", "README.md", "--load", "6-month"), "nearest: 6-months"),
    ],
)
def test_bad_input_exits_2_and_says_what_was_meant(arguments, said):
    result = run("--stack", STACK, *arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.replace("│", " ").split())


def test_metrics_that_say_nothing_of_the_stack_are_refused(metrics):
    empty = run("--stack", STACK, "--metrics", str(metrics({"unrelated": flat(1)})))
    assert empty.exit_code == 2
    assert "no sample of researchflow-staging" in empty.stderr
    foreign = {
        'postgres:cpu_used_percent{instance="researchflow-prod-database"}': flat(20),
        'worker:queue_depth{queue="analysis"}': flat(900),
    }
    other = run("--stack", STACK, "--metrics", str(metrics(foreign)))
    assert other.exit_code == 2
    assert "another stack's metrics?" in other.stderr


def test_an_hour_that_is_past_can_be_asked_for(metrics):
    series = {
        f'postgres:cpu_used_percent{{instance="{DATABASE}"}}': lambda hour: 95 if hour < -1 else 10
    }
    path = str(metrics(series))
    assert run("--stack", STACK, "--metrics", path).exit_code == 0
    assert run("--stack", STACK, "--metrics", path, "--at", "2026-09-21T13:10").exit_code == 1


def test_a_login_in_the_address_is_not_repeated():
    result = run("--stack", STACK, "--prometheus", "http://somebody:hunter2@127.0.0.1:1")
    assert result.exit_code == 2
    assert "http://127.0.0.1:1 does not answer: Connection refused" in result.stderr
    assert "hunter2" not in result.stderr + result.stdout
