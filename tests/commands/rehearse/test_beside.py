"""The engine's preview beside a growth step: what is the same, and what is said where it is not."""

from __future__ import annotations

import pytest

from rf.grow.classify import GrowthStep, Judged, Kind, ResourceChange
from rf.rehearse.beside import beside
from rf.rehearse.result import RehearsalResult, RehearsedRun
from rf.rehearse.view import show
from rf.shared.cards.changes import Effect, Ruling
from rf.shared.cards.property_changes import PropertyChange
from rf.shared.engine.runs import EngineRun, EngineStep

PREFIX = "urn:pulumi:prod::researchflow::"
DATABASE = f"{PREFIX}aws:rds/instance:Instance::database-primary"
PODS = f"{PREFIX}kubernetes:apps/v1:Deployment::worker-pods"
SECRET = f"{PREFIX}kubernetes:core/v1:Secret::connections"
COMPONENT = f"{PREFIX}researchflow:data:Database::database"


def engine(*steps: tuple[str, str, tuple[str, ...]]) -> EngineRun:
    return EngineRun(
        kind="preview",
        steps=tuple(
            EngineStep(operation=word, urn=urn, changed=paths) for word, urn, paths in steps
        ),
    )


def grown(*changes: tuple[Kind, str, tuple[str, ...]]) -> GrowthStep:
    return GrowthStep(
        before="small",
        after="medium",
        findings=(),
        changes=tuple(
            ResourceChange(
                urn=urn,
                type=urn.split("::")[2],
                name=urn.split("::")[3],
                layer="",
                kind=kind,
                stateful=False,
                properties=tuple(
                    Judged(
                        change=PropertyChange(path=path, old=1, new=2),
                        ruling=Ruling(effect=Effect.IN_PLACE, source="a test"),
                    )
                    for path in paths
                ),
            )
            for kind, urn, paths in changes
        ),
    )


@pytest.mark.parametrize(
    ("run", "step"),
    [
        (
            engine(("update", DATABASE, ("instanceClass",))),
            grown((Kind.RESTART, DATABASE, ("instanceClass",))),
        ),
        (
            engine(
                ("create-replacement", DATABASE, ("name",)),
                ("replace", DATABASE, ("name",)),
                ("delete-replaced", DATABASE, ()),
            ),
            grown((Kind.REPLACE, DATABASE, ("name",))),
        ),
        (
            engine(("update", PODS, ('spec.containers[0].env["a.b"]',))),
            grown((Kind.IN_PLACE, PODS, ("spec.containers[worker].env.a.b",))),
        ),
        (
            engine(("update", SECRET, ("data.url",))),
            grown((Kind.IN_PLACE, SECRET, ("stringData",))),
        ),
        (engine(("update", COMPONENT, ())), grown()),
        (engine(("same", DATABASE, ())), grown((Kind.MOVE, DATABASE, ()))),
    ],
    ids=["restart", "replacement", "positions", "secret", "component", "alias"],
)
def test_these_say_the_same(run: EngineRun, step: GrowthStep) -> None:
    assert [each for each in beside(run, step) if not each.agrees] == []


@pytest.mark.parametrize(
    ("run", "step", "said"),
    [
        (
            engine(("replace", DATABASE, ("name",))),
            grown((Kind.IN_PLACE, DATABASE, ("name",))),
            "the engine: replace, rf grow: in place",
        ),
        (engine(("delete", DATABASE, ())), grown(), "the engine: delete, rf grow: same"),
        (engine(), grown((Kind.DELETE, DATABASE, ())), "the engine: same, rf grow: delete"),
        (
            engine(("update", DATABASE, ("multiAz", "port"))),
            grown((Kind.IN_PLACE, DATABASE, ("multiAz", "storageType"))),
            "the engine alone: port; rf grow alone: storageType",
        ),
    ],
    ids=["kind", "engine alone", "grow alone", "properties"],
)
def test_where_they_differ_the_rehearsal_says_so_and_fails(
    run: EngineRun, step: GrowthStep, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rehearsed = RehearsedRun(title="medium", run=run, beside=beside(run, step))
    result = RehearsalResult(stack="prod", engine="3.274.1", runs=(rehearsed,))
    assert not result.fine
    show(result, as_json=False)
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "disagree on" in line]
    assert said in line
    assert DATABASE in line
