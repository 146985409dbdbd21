"""Raising a chart: its CRDs come before it, and what the files tell of them is said."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from rf.grow.chart_facts import NO_FACTS, ChartFacts, read_facts
from rf.grow.classify import GrowthStep, step_between
from rf.grow.documents import step_document
from rf.grow.runbook import RunbookStep, runbook_of
from rf.grow.view import show
from rf.shared.plan_document import PlanDocument
from rf.shared.project import PROJECT_ROOT
from scaleplan.cluster.charts import CHARTS, Chart
from scaleplan.versions.table import TABLE, ServedKind, numbers
from tests.commands.grow.growth_cases import RELEASE, plan, resource

FACTS = read_facts(PROJECT_ROOT)
WITH_CRDS = [chart for chart in CHARTS if chart.definitions is not None]
NEXT = "99.0.0"
BINDING = "kubernetes:elbv2.k8s.aws/{}:TargetGroupBinding"
LBC, CRD = "aws-load-balancer-controller", "targetgroupbindings.elbv2.k8s.aws"


def release(chart: str, version: str, values: dict[str, Any] | None = None) -> dict[str, Any]:
    inputs = {"name": chart, "namespace": "n", "version": version, "values": values or {}}
    return resource(RELEASE, chart, inputs, protect=False)


def raised(chart: str, version: str = NEXT, **crds: ServedKind | None) -> ChartFacts:
    """The facts of a later revision, with other CRDs of the chart, by the name before its group."""
    row = FACTS.rows[chart]
    definitions = row.definitions
    if definitions is not None and crds:
        named = {name.split(".")[0]: name for name in definitions.crds}
        listed = {**definitions.crds}
        for short, served in crds.items():
            name = named.get(short, f"{short}.elbv2.k8s.aws")
            listed.pop(name, None)
            if served is not None:
                listed[name] = served
        definitions = definitions.model_copy(update={"crds": listed})
    later = replace(row, version=version, definitions=definitions)
    return replace(FACTS, rows={**FACTS.rows, chart: later})


def serving(*versions: str) -> ServedKind:
    return ServedKind(kind="TargetGroupBinding", serves=versions)


def grown(
    before: PlanDocument, after: PlanDocument, later: ChartFacts, earlier: ChartFacts = FACTS
) -> tuple[GrowthStep, list[RunbookStep]]:
    step = step_between(before, after, names=("v1", "v2"), facts=(earlier, later))
    return step, list(runbook_of(step, "prod").steps)


def controller(version: str, *others: dict[str, Any]) -> PlanDocument:
    return plan(release(LBC, version), *others)


@pytest.mark.parametrize("chart", WITH_CRDS, ids=lambda chart: chart.short_name)
def test_raising_a_chart_that_has_crds_says_how_they_change(chart: Chart, capsys):
    name, definitions = chart.short_name, chart.definitions
    assert definitions is not None
    major, minor, *_ = numbers(chart.version)
    later = f"{major}.{minor + 1}.0"
    at_later = FACTS.rows[name].at(later)
    step, steps = grown(
        plan(release(name, chart.version)), plan(release(name, later)), raised(name, later)
    )
    (told,) = step.charts
    assert step.safe
    assert (told.before, told.after, told.by) == (chart.version, later, definitions.by)
    assert any(f"helm show values {at_later}" in each for each in told.compare)
    assert told.unknown
    show("prod", [(step, None)], as_json=False)
    printed = capsys.readouterr().out
    assert f"Chart {name} {chart.version} -> {later}: " in printed
    first = steps[0].commands[0] if steps[0].commands else ""
    match told.by:
        case "folder":
            assert first.startswith(f"helm show crds {chart.name} --repo {chart.repository}")
            assert f"--version {later} | kubectl diff" in first
            applied = steps[0].commands[1]
            assert applied.endswith("| kubectl apply --server-side --force-conflicts -f -")
        case "templates" if FACTS.controller_of(name):
            assert first.startswith(f"helm template {at_later} | kubectl diff")
            assert steps[0].commands[-1] == "pulumi up --stack prod"
        case _:
            # The chart's own upgrade, its operator or another release changes them.
            assert not any("CRDs" in each.title for each in steps)


def test_crds_that_stand_are_taken_over_before_their_controller_leaves_them():
    before = plan(release("karpenter", "1.14.1"))
    after = plan(release("karpenter", "1.14.1"), release("karpenter-crd", "1.14.1"))
    step, (first, *_) = grown(before, after, FACTS)
    (told,) = step.charts
    assert (told.chart, told.before, told.controller) == ("karpenter-crd", None, "karpenter")
    backup, owners, difference, up, again = first.commands
    assert backup.endswith("> karpenter-crd-before.yaml")
    assert "nodepools.karpenter.sh" in backup
    assert owners.startswith(again)
    assert difference.startswith(f"helm template {FACTS.rows['karpenter-crd'].at('1.14.1')} | ")
    assert up == "pulumi up --stack prod"
    (by_hand,) = [each for each in first.verify if "invalid ownership metadata" in each]
    for part in ("managed-by=Helm", "release-name=karpenter-crd", "release-namespace=n"):
        assert part in by_hand


def test_a_first_release_of_controller_and_crds_takes_nothing_over():
    after = plan(release("karpenter", "1.14.1"), release("karpenter-crd", "1.14.1"))
    step, steps = grown(plan(), after, FACTS)
    assert not step.charts
    assert not any("CRDs" in each.title for each in steps)


def test_controllers_crds_are_of_the_release_that_is_deployed_first():
    """The order is that of the deployment: one update raises both, CRDs first."""
    both = [release("karpenter", "1.14.1"), release("karpenter-crd", "1.14.1")]
    later = [release("karpenter", NEXT), release("karpenter-crd", NEXT)]
    facts = raised("karpenter-crd")
    facts = replace(facts, rows={**facts.rows, "karpenter": raised("karpenter").rows["karpenter"]})
    step, steps = grown(plan(*both), plan(*later), facts)
    assert step.safe
    assert len(step.charts) == 2
    assert steps[0].verify == ("the release karpenter-crd is deployed before karpenter is",)


def test_crds_that_come_go_and_change_are_listed():
    facts = raised(
        LBC,
        albtargetcontrolconfigs=None,
        widgets=ServedKind(kind="Widget", serves=("v1",)),
        targetgroupbindings=serving("v1", "v1beta1"),
    )
    step, _ = grown(controller("3.5.0"), controller(NEXT), facts)
    (told,) = step.charts
    lines = dict(each.split(": ", 1) for each in told.definitions)
    assert lines["widgets.elbv2.k8s.aws"] == "new, serves v1"
    assert lines["albtargetcontrolconfigs.elbv2.k8s.aws"].startswith("no longer the chart's")
    changed = lines[CRD]
    for part in ("no longer serves v1alpha1", "serves v1 too", "new objects are stored as v1"):
        assert part in changed
    assert step_document(step, None)["charts"][0]["crds"] == list(told.definitions)


def test_an_api_version_that_goes_is_first_cleared_of_objects():
    facts = raised(LBC, targetgroupbindings=serving("v1beta1"))
    step, (first, second, *_) = grown(controller("3.5.0"), controller(NEXT), facts)
    assert step.safe
    assert first.title == f"{CRD}: v1alpha1 goes, so nothing may be stored in it"
    assert '{"status":{"storedVersions":["v1beta1"]}}' in first.commands[-1]
    assert "by hand" in second.title


def test_an_object_in_an_api_version_that_goes_fails_the_step():
    facts = raised(LBC, targetgroupbindings=serving("v1beta1"))
    old = resource(BINDING.format("v1alpha1"), "web", {}, protect=False)
    step, _ = grown(controller("3.5.0", old), controller(NEXT, old), facts)
    (finding,) = step.findings
    assert finding.resource == "web"
    assert "elbv2.k8s.aws/v1alpha1, which aws-load-balancer-controller 99.0.0" in finding.what
    assert finding.remedy == "write it as elbv2.k8s.aws/v1beta1"


def test_a_crd_that_loses_what_its_objects_are_stored_in_fails_the_step():
    facts = raised(LBC, targetgroupbindings=serving("v1"))
    step, _ = grown(controller("3.5.0"), controller(NEXT), facts)
    (finding,) = step.findings
    assert "no longer has v1beta1, in which its objects are stored" in finding.what


def test_crds_that_go_back_fail_the_step():
    owning = {"name": "karpenter-crd", "takeOwnership": True}
    old, new = (
        plan(
            release("karpenter", "1.14.1"),
            resource(RELEASE, "karpenter-crd", {**owning, "version": version}, protect=False),
        )
        for version in ("1.14.1", "1.13.0")
    )
    step, _ = grown(old, new, raised("karpenter-crd", "1.13.0"))
    (finding,) = step.findings
    assert "goes from karpenter-crd 1.14.1 back to 1.13.0" in finding.what


def test_fields_of_kept_schemas_that_differ_are_named():
    identity = ("elbv2.k8s.aws/v1beta1", "TargetGroupBinding")
    schema = {**FACTS.schemas[identity]}
    properties = {key: value for key, value in schema["properties"].items() if key != "targetType"}
    properties["added"] = {"type": "string"}
    later = replace(
        raised(LBC), schemas={**FACTS.schemas, identity: {**schema, "properties": properties}}
    )
    step, _ = grown(controller("3.5.0"), controller(NEXT), later)
    told = "\n".join(step.charts[0].definitions)
    assert "TargetGroupBinding elbv2.k8s.aws/v1beta1: spec.added new" in told
    assert "TargetGroupBinding elbv2.k8s.aws/v1beta1: spec.targetType gone" in told


def test_values_that_are_given_otherwise_are_named():
    before = plan(release(LBC, "3.5.0", {"old": {"name": 1}, "same": 1}))
    after = plan(release(LBC, NEXT, {"renamed": 1, "same": 2}))
    step, _ = grown(before, after, raised(LBC))
    assert step.charts[0].values == ("given no longer: old.name", "given now: renamed")


def test_what_was_known_of_later_versions_is_said():
    step, _ = grown(
        plan(release("external-dns", "1.21.1")),
        plan(release("external-dns", NEXT)),
        raised("external-dns"),
    )
    assert any("`policy` is required" in each for each in step.charts[0].ahead)


def test_a_revision_without_a_list_says_that_nothing_is_known():
    step, _ = grown(controller("3.5.0"), controller(NEXT), raised(LBC), NO_FACTS)
    (told,) = step.charts
    assert not told.definitions
    assert any(each.startswith("which CRDs and API versions differ") for each in told.unknown)
    step, _ = grown(controller("3.5.0"), controller(NEXT), NO_FACTS, NO_FACTS)
    assert "whether it brings CRDs" in step.charts[0].unknown[0]
    assert str(step.charts[0]).endswith("how its CRDs change is not known")
    assert FACTS.lists_definitions
    step, _ = grown(plan(release("temporal", "1")), plan(release("temporal", "2")), FACTS)
    assert str(step.charts[0]).endswith("no CRDs")


def test_an_older_chart_is_a_finding_and_its_crds_are_not_applied():
    step, steps = grown(controller("3.5.0"), controller("3.4.0"), raised(LBC, "3.4.0"))
    assert not step.safe
    assert not any("CRDs" in each.title for each in steps)


def test_a_list_of_another_version_than_the_deployed_one_is_not_taken_for_it():
    step, _ = grown(controller("3.4.0"), controller(NEXT), raised(LBC))
    assert any(each.startswith("which CRDs") for each in step.charts[0].unknown)


def test_facts_are_read_from_a_revisions_own_files(tmp_path: Path):
    assert read_facts(tmp_path) == NO_FACTS
    shutil.copytree(PROJECT_ROOT / "rf/shared/schemas", tmp_path / "rf/shared/schemas")
    table = yaml.safe_load((PROJECT_ROOT / TABLE).read_text("utf-8"))
    for pin in table["pins"]:
        if pin["name"] == "keda":
            pin["definitions"] = {"by": "magic", "source": "a form of another day"}
        else:
            pin.pop("definitions", None)
    (tmp_path / TABLE).parent.mkdir()
    (tmp_path / TABLE).write_text(yaml.safe_dump(table), "utf-8")
    facts = read_facts(tmp_path)
    assert facts.schemas == FACTS.schemas
    assert facts.rows.keys() == FACTS.rows.keys()
    assert facts.rows["karpenter"].version == FACTS.rows["karpenter"].version
    assert not facts.lists_definitions
