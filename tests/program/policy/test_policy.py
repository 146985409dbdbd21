"""The policy pack's rules over every stack, and over faults that are planted in the plans."""

from __future__ import annotations

import json
from datetime import date

import pytest
from typer.testing import CliRunner

from policy.rules import RULES
from policy.rules.shared import tokens
from policy.rules.shared.exceptions import PolicyException
from policy.rules.shared.report import policy_report
from policy.rules.shared.rule import judge
from rf.cli import app
from rf.shared.plan import reveal
from rf.shared.project import PROJECT_ROOT
from scaleplan.config.stack_file import stack_names
from tests.configurations import CONFIGURATIONS
from tests.faults import FAULTS
from tests.faults.fault import Bench, ConfigFault, PlanFault, StackFileFault
from tests.program.identity.exposures import generated_secrets, leaves
from tools.reference.policy_elsewhere import UNJUDGED

TODAY = date(2026, 6, 1)
STACKS = stack_names(PROJECT_ROOT)
POLICY_FAULTS = [
    each for each in FAULTS if isinstance(each, PlanFault | StackFileFault | ConfigFault)
]
WITHOUT_RESOURCE = {"iam-no-static-keys"}
"""Rules against types that the program never makes: nothing is there that could pass."""


@pytest.fixture(scope="session")
def bench(planned) -> Bench:
    return Bench(planned)


def test_every_fault_is_caught(bench, record_property):
    missed = [f"{each.name}: {each.caught_by}" for each in FAULTS if not each.caught(bench)]
    caught = f"{len(FAULTS) - len(missed)} / {len(FAULTS)} caught"
    record_property("seeded faults", caught)
    assert len(FAULTS) >= 60
    assert not missed, caught


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_is_clean(stack, bench):
    report = policy_report(stack, bench.seen(stack), (), TODAY)
    assert not [f"{each.rule.id}: {each.resource.label}" for each in report.violations]
    assert not report.fails


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_lets_the_program_pass_and_stops_a_fault(rule, bench):
    faults = [each for each in POLICY_FAULTS if each.caught_by == f"policy: {rule.id}"]
    assert faults
    assert all(each.caught(bench) for each in faults[:1])
    if rule.id in WITHOUT_RESOURCE:
        return
    overrides = getattr(faults[0], "overrides", ())
    seen = bench.seen(faults[0].stack, overrides)
    judged = list(rule.subjects(seen))
    assert judged
    assert not [found for each in judged for found in judge(rule, each, seen)]


def test_a_fault_breaks_its_rule_and_no_other_but_those_it_names(bench):
    """Else a rule speaks against what it isn't about, and nobody finds out what is wrong."""
    wrong: dict[str, set[str]] = {}
    for fault in POLICY_FAULTS:
        if isinstance(fault, PlanFault):
            expected = {fault.caught_by.removeprefix("policy: "), *fault.also}
            if (found := fault.breaks(bench)) != expected:
                wrong[fault.name] = found
    assert not wrong


def test_every_type_of_the_program_is_judged_or_has_a_reason_on_the_page(planned):
    named = {token for rule in RULES for token in rule.types}
    # Some are read by a rule of what they belong to, as a bucket's policy.
    read = {value for name, value in vars(tokens).items() if name.isupper()}
    of_program = {
        each.type
        for row in CONFIGURATIONS.values()
        for each in planned(
            row.stack, row.size, overrides=row.overrides, unknowns=row.unknowns
        ).resources
        if each.custom
    }
    assert of_program - named - read == set(UNJUDGED)


def test_no_two_faults_have_one_name():
    assert len({each.name for each in FAULTS}) == len(FAULTS)


def test_no_message_tells_a_secret(bench):
    secrets = generated_secrets(bench.plan("prod"))
    secrets |= {
        value
        for each in bench.plan("prod").of_type("kubernetes:core/v1:Secret")
        for _, value in leaves(reveal(each.inputs).get("stringData", {}))
        if isinstance(value, str) and len(value) > 12
    }
    assert secrets
    for fault in POLICY_FAULTS:
        if not isinstance(fault, PlanFault) or fault.stack != "prod" or fault.drop:
            continue
        for message in fault.messages(bench):
            assert not any(secret in message for secret in secrets), fault.name


def test_an_exception_excuses_until_its_day_and_is_a_violation_after_it(bench):
    fault = next(each for each in POLICY_FAULTS if each.name == "logs for a week")
    assert isinstance(fault, PlanFault)
    planted = fault.planted(bench)
    exception = PolicyException(
        rule="logs-kept",
        stack="prod",
        resource=fault.on,
        expires=TODAY,
        reason="a load test",
    )
    until = policy_report("prod", planted, [exception], TODAY)
    assert [cover for _, cover in until.excused] == [exception]
    assert not until.violations
    assert not until.fails
    after = policy_report("prod", planted, [exception], date(2026, 6, 2))
    assert [each.rule.id for each in after.violations] == ["logs-kept"]
    assert after.expired == (exception,)
    mended = policy_report("prod", bench.seen("prod"), [exception], date(2026, 6, 2))
    assert not mended.violations
    assert mended.fails
    elsewhere = policy_report("staging", bench.seen("staging"), [exception], TODAY)
    assert not elsewhere.excused


def test_the_command_prints_what_the_report_reads(planned, monkeypatch):
    monkeypatch.setattr("rf.shared.stacks.plan_of", lambda stack, **_: planned(stack))
    result = CliRunner().invoke(app, ["policy", "--stack", "dev", "--json"])
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert [each["id"] for each in document["rules"]] == [rule.id for rule in RULES]
    assert document["passes"] is True
    assert document["violations"] == document["expiredExceptions"] == []


def test_the_command_fails_on_a_mandatory_rule_and_names_resource_and_remedy(
    bench, planned, monkeypatch
):
    fault = next(each for each in POLICY_FAULTS if each.name == "the queue evicts jobs")
    assert isinstance(fault, PlanFault)
    target, faulty = fault.target_and_faulty(planned("prod"))
    plan = bench.with_resource("prod", target, faulty)
    monkeypatch.setattr("rf.shared.stacks.plan_of", lambda stack, **_: plan)
    result = CliRunner().invoke(app, ["policy", "--stack", "prod", "--json"])
    assert result.exit_code == 1
    (violation,) = json.loads(result.stdout)["violations"]
    assert violation["rule"] == "queue-noeviction"
    assert violation["resource"] == fault.on
    assert "noeviction" in violation["remedy"]
    shown = CliRunner().invoke(app, ["policy", "--stack", "prod"], env={"COLUMNS": "240"})
    assert shown.exit_code == 1
    assert "queue-noeviction" in shown.stdout
    assert "1 broken" in shown.stdout


def test_an_advisory_rule_is_told_and_stops_nothing(bench):
    fault = next(each for each in POLICY_FAULTS if each.name == "GuardDuty sleeps")
    assert isinstance(fault, PlanFault)
    report = policy_report("prod", fault.planted(bench), (), TODAY)
    assert [each.rule.id for each in report.violations] == ["detector-on"]
    assert not report.fails
