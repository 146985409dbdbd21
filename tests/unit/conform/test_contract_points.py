"""Points and the contract's sentences are one: neither is without the other."""

from collections.abc import Iterable

import pytest

from rendering.applications.variables import VARIABLES
from rf.conform.contract import sentences, sentences_of
from rf.conform.point import ALL
from rf.conform.points.table import POINTS
from rf.conform.samples import Samples
from rf.shared.project import PROJECT_ROOT
from scaleplan.applications.workloads import APPLICATIONS, ORCHESTRATOR, WORKFLOW_WORKER

CONTRACT = {variable.name: variable for variable in VARIABLES}


def test_every_sentence_is_tried_by_points_or_says_why_not():
    known = {each.id for each in POINTS}
    for sentence in sentences():
        assert bool(sentence.points) != bool(sentence.why_not), sentence.text
        assert set(sentence.points) <= known, sentence.text


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.id)
def test_every_point_has_a_sentence_and_names_what_there_is(point):
    assert sentences_of(point.id)
    assert set(point.needs) <= Samples.model_fields.keys()
    assert set(point.applications) <= set(ALL)
    for name in point.variables:
        assert read_by(point.applications) & set(CONTRACT[name].readers), name


def read_by(applications: Iterable[str]) -> set[str]:
    """Whose variables these are given: a workflow worker has the orchestrator's."""
    return {ORCHESTRATOR if each == WORKFLOW_WORKER else each for each in applications}


def test_a_point_stands_there_once_and_says_how_it_is_honoured():
    assert len({each.id for each in POINTS}) == len(POINTS)
    for each in POINTS:
        assert each.explanation.text
        assert each.explanation.node
        assert each.explanation.python


def test_all_applications_are_asked_for_something():
    assert {each.name for each in APPLICATIONS} | {WORKFLOW_WORKER} == set(ALL)
    assert {name for point in POINTS for name in point.applications} == set(ALL)


def test_the_page_names_the_points_beside_their_sentences():
    page = (PROJECT_ROOT / "docs" / "application-contract.md").read_text(encoding="utf-8")
    assert [each.id for each in POINTS if f"`{each.id}`" not in page] == []
