"""What the rules say of themselves, how they read inputs, and what an exception may say."""

from __future__ import annotations

import ast
import json
import re
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from policy.rules import BY_ID, RULES
from policy.rules.shared import tokens
from policy.rules.shared.exceptions import FILE, ExceptionInputError, of_stack, read_exceptions
from policy.rules.shared.rule import SIZES, Level, Resource, Rule, RuleLayer, StackResources, judge
from policy.rules.shared.values import UNKNOWN, NotKnownError, at, ini, leaves
from tools.reference.config_keys import render
from tools.reference.policy import render as policy_page

TODAY = date(2026, 6, 1)
RULES_DIRECTORY = FILE.parent / "rules"
RULE_FILES = sorted(RULES_DIRECTORY.rglob("*.py"))
SETTING = re.compile(
    r"\b(?:network|database|pgbouncer|cache|queue|citus|edge|nodes|scaling|audit|observability"
    r"|workflows)\.(?!py\b)[a-z][A-Za-z]+\b"
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_says_what_why_who_says_so_and_what_to_do(rule):
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)+", rule.id)
    assert rule.from_size in SIZES
    assert rule.demand.endswith(".")
    assert rule.reason.endswith(".")
    assert rule.remedy
    assert not rule.remedy.endswith(".")
    assert len(rule.source) > 10


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_remedy_names_files_and_settings_that_there_are(rule):
    for path in re.findall(r"`([a-z_/]+\.py)`", rule.remedy):
        assert (FILE.parents[1] / path).is_file(), path
    known = settings_keys()
    for key in SETTING.findall(rule.remedy):
        assert key in known, key


@cache
def settings_keys() -> set[str]:
    """Every key of the configuration's page, as `database.multiAz`."""
    keys: set[str] = set()
    section = ""
    for line in render().splitlines():
        if line.startswith("## "):
            section = line[3:]
        elif found := re.match(r"\| `(\w+)`", line):
            keys.add(f"{section}.{found[1]}")
    return keys


def test_every_type_that_rules_name_is_read_by_one():
    """Else a type counts as judged, and nobody judges it."""
    source = "".join(
        path.read_text(encoding="utf-8") for path in RULE_FILES if path.name != "tokens.py"
    )
    named = [name for name in vars(tokens) if name.isupper()]
    assert [name for name in named if not re.search(rf"\b{name}\b", source)] == []


def people_may_assume(principal: str) -> Resource:
    """A role that the principal may assume without a second factor."""
    token = "aws:iam/role:Role"
    allow = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": [principal]}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    return Resource(
        urn=f"urn:pulumi:s::p::{token}::r",
        type=token,
        name="r",
        inputs={"assumeRolePolicy": document},
    )


@pytest.mark.parametrize(
    ("principal", "speaks"),
    [("user/ann", True), ("root", True), ("role/sso-operators", False)],
)
def test_a_role_that_is_named_was_asked_for_its_second_factor_when_it_was_taken(principal, speaks):
    role = people_may_assume(f"arn:aws:iam::123456789012:{principal}")
    stack = StackResources(size="large", protects_data=True)
    assert bool(list(judge(BY_ID["role-for-people-needs-mfa"], role, stack))) is speaks


def test_every_rule_has_an_id_of_its_own_and_every_layer_has_rules():
    assert len(BY_ID) == len(RULES) >= 35
    assert {rule.layer for rule in RULES} == set(RuleLayer)


@pytest.mark.parametrize(
    "path", RULE_FILES, ids=lambda path: path.relative_to(RULES_DIRECTORY).as_posix()
)
def test_the_rules_know_neither_the_engine_nor_the_repository(path):
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom) and not node.level
            else []
        )
    }
    repository = {"components", "policy", "rendering", "rf", "scaleplan", "tools", "wiring"}
    assert not imported & {"boto3", "pulumi", "pulumi_aws", "pulumi_policy", *repository}


def test_a_path_reads_what_is_there_and_says_what_isnt_known():
    inputs = {"data": {"pgbouncer.ini": "x"}, "spec": {"list": [1], "late": UNKNOWN}}
    assert at(inputs, "data[pgbouncer.ini]") == "x"
    assert at(inputs, "spec.missing.deeper", 5) == 5
    for path in ("spec.late", "spec.late.deeper"):
        with pytest.raises(NotKnownError):
            at(inputs, path)
    assert dict(leaves(inputs)) == {"data.pgbouncer.ini": "x", "spec.list[0]": 1}
    assert ini("[databases]\nros = host=a port=1\n[pgbouncer]\nauth_type = md5\n") == {
        "ros": "host=a port=1",
        "auth_type": "md5",
    }


def group(**inputs: object) -> Resource:
    """A log group with these inputs."""
    token = "aws:cloudwatch/logGroup:LogGroup"
    return Resource(urn=f"urn:pulumi:dev::p::{token}::g", type=token, name="g", inputs=inputs)


def test_what_only_a_deployment_reveals_breaks_no_rule():
    stack = StackResources(size="large", protects_data=True)
    rule = BY_ID["logs-kept"]
    assert list(judge(rule, group(retentionInDays=7), stack))
    assert not list(judge(rule, group(retentionInDays=UNKNOWN), stack))


@pytest.mark.parametrize(("size", "speaks"), [("small", False), ("medium", True), ("large", True)])
def test_a_rule_holds_from_its_size_on(size, speaks):
    token = "aws:rds/instance:Instance"
    primary = Resource(
        urn=f"urn:pulumi:s::p::{token}::db", type=token, name="db", inputs={"multiAz": False}
    )
    found = list(
        judge(BY_ID["database-two-zones"], primary, StackResources(size=size, protects_data=True))
    )
    assert bool(found) is speaks


def test_a_rule_of_one_resource_sees_no_other():
    def check(resource, stack):
        yield str(len(stack.resources))

    alone = Rule(
        id="counts",
        layer=RuleLayer.PROGRAM,
        demand="",
        reason="",
        source="",
        remedy="",
        check=check,
        level=Level.ADVISORY,
    )
    stack = StackResources(size="small", protects_data=True, resources=(group(), group()))
    (found,) = judge(alone, group(), stack)
    assert found.message == "0"


ENTRY = """\
exceptions:
  - rule: logs-kept
    stack: dev
    resource: aws:cloudwatch/logGroup:LogGroup::g
    expires: 2026-06-30
    reason: a load test
"""


def test_an_exception_is_read_and_finds_its_resource():
    (found,) = read_exceptions(ENTRY, TODAY)
    assert found.expires == date(2026, 6, 30)
    stack = StackResources(size="small", protects_data=False, resources=(group(),))
    assert of_stack([found], "dev", stack) == (found,)
    assert of_stack([found], "prod", StackResources(size="large", protects_data=True)) == ()


def test_the_repositorys_own_exceptions_are_in_order():
    read_exceptions(Path(FILE).read_text(encoding="utf-8"), TODAY)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "logs-kept",
            "logs-kep",
            "rule = logs-kep: allowed is the id of a rule; nearest: logs-kept",
        ),
        ("2026-06-30", "someday", "expires = someday: allowed is a date"),
        ("2026-06-30", "2029-01-01", "allowed is a date up to 2027-06-02"),
        ("    reason: a load test\n", "", "reason = (not set): it is required"),
        ("reason: a", "why: x\n    reason: a", "why: allowed is one of the keys"),
        ("exceptions:", "exemptions:", "allowed is one key, exceptions"),
        ("  - rule", "    rule", "allowed is a list"),
        ("exceptions:", "exceptions: [", "is no YAML"),
        ("2026-06-30", "2026-06-30T10:00:00", "allowed is a date"),
    ],
)
def test_a_wrong_exception_is_bad_input(old, new, told):
    with pytest.raises(ExceptionInputError, match=re.escape(told)):
        read_exceptions(ENTRY.replace(old, new, 1), TODAY)


def test_all_mistakes_are_told_at_once():
    text = ENTRY.replace("logs-kept", "nothing-like-it").replace("2026-06-30", "never")
    with pytest.raises(ExceptionInputError) as raised:
        read_exceptions(text, TODAY)
    assert len(raised.value.mistakes) == 2


def test_an_exception_for_a_resource_that_isnt_there_is_bad_input():
    found = read_exceptions(ENTRY.replace("::g", "::h"), TODAY)
    stack = StackResources(size="small", protects_data=False, resources=(group(),))
    with pytest.raises(ExceptionInputError, match="nearest: aws:cloudwatch/logGroup:LogGroup::g"):
        of_stack(found, "dev", stack)


def test_the_page_of_the_rules_is_what_the_rules_say():
    page = (FILE.parents[1] / "docs" / "policy.md").read_text(encoding="utf-8")
    assert page == policy_page()
