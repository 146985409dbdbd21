"""The worked examples of `docs/capacity.md` are what the checks say, term by term."""

import ast
import operator
import re
from collections.abc import Callable
from functools import cache
from math import ceil

import pytest

from rf.shared.project import PROJECT_ROOT
from scaleplan.capacity.checks import CHECKS, CapacityReport, capacity_report
from scaleplan.capacity.result import CheckName
from scaleplan.load import load_at
from scaleplan.model import load_plan
from tests.stack_config import accepted

PAGE = (PROJECT_ROOT / "docs" / "capacity.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(
    r"^(?P<check>[a-z-]+) / (?P<term>.+?):\s+(?P<working>[\d(c].*?)\s+= (?P<value>[\d.]+)"
    r"(?: (?P<unit>\S+))?(?: of (?P<limit>[\d.]+))?$",
    re.MULTILINE,
)
EXAMPLES = [match.groupdict() for match in EXAMPLE.finditer(PAGE)]
OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


@cache
def large() -> CapacityReport:
    settings = accepted(size="large", sharding={"stage": "serving", "freshInstall": True})
    return capacity_report(settings, load_at(settings.load, load_plan(), settings.size))


def worked(node: ast.expr) -> float:
    match node:
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.Call(func=ast.Name(id="ceil"), args=[part]):
            return ceil(worked(part))
        case ast.BinOp(left=left, op=sign, right=right):
            return OPERATORS[type(sign)](worked(left), worked(right))
    raise AssertionError(f"not plain arithmetic: {ast.dump(node)}")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"{e['check']}: {e['term']}")
def test_a_worked_example_gives_what_the_check_gives(example):
    term = large().result(CheckName(example["check"])).term(example["term"])
    by_hand = worked(ast.parse(example["working"].replace("×", "*"), mode="eval").body)
    assert by_hand == pytest.approx(float(example["value"]), rel=1e-4)
    assert term.value == pytest.approx(float(example["value"]), rel=1e-4)
    assert example["unit"] in (term.unit, None)
    if example["limit"]:
        assert term.limit == pytest.approx(float(example["limit"]), rel=1e-4)


def test_every_line_of_an_example_is_run():
    lines = [
        line
        for block in re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
        for line in block.strip().splitlines()
    ]
    assert len(lines) == len(EXAMPLES) >= 20


def test_every_check_with_a_formula_of_its_own_has_an_example():
    shown = {CheckName(example["check"]) for example in EXAMPLES}
    told_in_words = {CheckName.USERS, CheckName.FAILOVER, CheckName.NODES, CheckName.ADDRESSES}
    assert shown == set(CHECKS) - told_in_words


def test_the_plans_guidance_on_the_page_is_the_generated_one():
    from tools.reference.guidance import render

    assert render(PAGE) == PAGE, "run: python -m tools.reference.guidance"
    for words in (
        "Database CPU > 80%",
        "db.r5.2xlarge",
        "5 orchestrators, 10 workers",
        "Yes (CDN)",
    ):
        assert words in PAGE
