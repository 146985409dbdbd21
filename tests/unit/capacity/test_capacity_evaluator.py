"""What a search keeps of earlier trials: the same as reckoned anew, and not reckoned anew."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as testing
from hypothesis import strategies as st

from scaleplan.capacity import evaluator as evaluator_module
from scaleplan.capacity.checks import CHECKS, capacity_report
from scaleplan.capacity.evaluator import Evaluator
from scaleplan.capacity.leaves import changed, leaves, value_at
from scaleplan.capacity.result import CheckName, Loss
from scaleplan.catalog import load_catalog
from scaleplan.cost.month import estimate
from scaleplan.load import load_of_users
from scaleplan.model import load_plan
from scaleplan.read_memo import ReadMemo
from scaleplan.settings import Settings
from scaleplan.sizes import Size
from tests.stack_config import accepted

SIZES = (
    *(accepted(size=size.value) for size in Size),
    accepted(size="large", sharding={"stage": "serving", "freshInstall": True}),
    accepted(
        size="medium",
        domain="researchflow.example.com",
        queue={"engine": "rabbitmq"},
        workflows={"enabled": True},
        disasterRecovery={"region": "us-west-2"},
    ),
)
UNDER_900 = load_of_users(load_plan(), 900, SIZES[0].load.assumptions)

KEPT = Evaluator(UNDER_900)
"""One for all examples: the later ones are answered by what earlier ones left."""


def other_values(present: object):
    if isinstance(present, bool):
        return st.just(not present)
    if isinstance(present, int):
        return st.integers(1, max(4, 2 * present))
    entry = load_catalog().instance_class(str(present))
    return st.sampled_from(load_catalog().class_names(entry.kind, entry.architecture))


@testing(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_is_kept_is_what_would_be_reckoned_anew(data):
    settings = data.draw(st.sampled_from(SIZES), label="from")
    for _ in range(data.draw(st.integers(0, 4), label="changes")):
        leaf = data.draw(st.sampled_from(leaves()), label="leaf")
        value = data.draw(other_values(value_at(settings, leaf)), label="value")
        plain = changed(settings, leaf, value)
        assert KEPT.changed(settings, leaf, value) == plain
        settings = plain or settings
    loss = data.draw(st.none() | st.sampled_from(Loss), label="loss")
    plain_report = capacity_report(settings, UNDER_900, loss)
    assert KEPT.report(settings, loss) == plain_report
    assert KEPT.carries(settings, loss) is plain_report.passes
    assert KEPT.price(settings) == float(estimate(settings, UNDER_900).total.at_load)


def test_a_check_runs_once_for_all_settings_that_agree_on_what_it_reads(monkeypatch):
    runs: list[CheckName] = []

    def counted(name, *rest):
        runs.append(name)
        return CHECKS[name](*rest[-1:], *rest[:-1])

    monkeypatch.setattr(evaluator_module, "_checked", counted)
    evaluator = Evaluator(UNDER_900)
    medium = SIZES[1]
    evaluator.report(medium)
    assert sorted(runs) == sorted(CHECKS)
    runs.clear()
    leaf = next(each for each in leaves() if each.key == "worker.maxReplicas")
    fewer = changed(medium, leaf, value_at(medium, leaf) - 1)
    assert fewer is not None
    evaluator.report(fewer)
    assert CheckName.QUEUE in runs
    assert not {CheckName.USERS, CheckName.SOCKETS, CheckName.CACHE_MEMORY, CheckName.EDGE} & set(
        runs
    )
    runs.clear()
    evaluator.report(fewer)
    evaluator.report(medium)
    assert runs == []


def test_a_function_that_compares_whole_sections_is_refused():
    # Which of a section's settings such a comparison depends on is not seen.
    memo = ReadMemo(lambda settings: settings.web == settings.worker)
    with pytest.raises(TypeError, match="single settings"):
        memo(SIZES[0])


def test_what_failed_is_not_kept():
    calls: list[str] = []

    def fails(settings: Settings) -> str:
        calls.append(settings.region)
        raise LookupError(settings.region)

    memo = ReadMemo(fails)
    for _ in range(2):
        with pytest.raises(LookupError):
            memo(SIZES[0])
    assert len(calls) == 2
