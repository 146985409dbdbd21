"""Which tests share a process: what is slow to make is made in one, and recordings in both."""

import re

import pytest
from xdist.remote import Producer

from rf.shared.project import PROJECT_ROOT
from tests.distribution import APART, TOGETHER, Distribution, group_of, turn_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("tests/sandbox/test_up.py::test_a", "tests/sandbox/test_verify.py::test_b[x-tests/unit]"),
        (
            "tests/program/policy/test_policy.py::test_a",
            "tests/program/policy/test_policy_pack.py::test_b",
        ),
        (
            "tests/commands/report/test_report.py::test_a[1]",
            "tests/commands/report/test_report.py::TestB::test_b",
        ),
    ],
)
def test_what_shares_something_slow_goes_to_one_process(one, other):
    assert group_of(one) == group_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "tests/sandbox/test_up.py::test_a",
            "tests/commands/preflight/test_preflight_names.py::test_a",
        ),
        (
            "tests/commands/report/test_report.py::test_a",
            "tests/commands/advise/test_advise.py::test_a",
        ),
        (f"{APART}::test_a[prod]", f"{APART}::test_a[dev]"),
    ],
)
def test_what_shares_nothing_goes_to_whoever_is_free(one, other):
    assert group_of(one) != group_of(other)


def test_recordings_come_before_groups_and_groups_before_single_files():
    names = [
        "tests/commands/advise/test_advise.py::a",
        "tests/sandbox/test_up.py::a",
        f"{APART}::a",
    ]
    assert sorted(names, key=turn_of) == names[::-1]


def test_the_paths_are_those_of_tests():
    tests = [
        f"{path.relative_to(PROJECT_ROOT).as_posix()}::{name}"
        for path in (PROJECT_ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert any(each.startswith(f"{APART}::") for each in tests)
    lonely = [each for each in TOGETHER if sum(test.startswith(each) for test in tests) < 2]
    assert lonely == []


def test_the_suite_is_handed_out_so(pytestconfig, monkeypatch):
    """Marks and options of xdist's own were once without effect, and nothing said so."""
    monkeypatch.setattr(pytestconfig.option, "tx", ["popen"])
    made = pytestconfig.pluginmanager.hook.pytest_xdist_make_scheduler(
        config=pytestconfig, log=Producer("test")
    )
    assert isinstance(made, Distribution)
    assert made._split_scope("tests/sandbox/test_up.py::test_a") == "an emulator"
