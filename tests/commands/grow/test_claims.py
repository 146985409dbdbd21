"""Growth that claims of volumes can't follow: it is refused, with the steps by hand."""

from __future__ import annotations

from typing import Any

import pytest

from rf.grow.classify import GrowthStep, step_between
from rf.grow.runbook import runbook_of
from tests.commands.grow.growth_cases import RDS, RELEASE, plan, resource, stack_of_claims

STORAGE_CLASS = "kubernetes:storage.k8s.io/v1:StorageClass"
STATEFUL_SET = "kubernetes:apps/v1:StatefulSet"
CITUS = "kubernetes:stackgres.io/v1alpha1:SGShardedCluster"


def storage_class(*, expands: bool, name: str = "gp3", default: bool = True) -> dict[str, Any]:
    marks = {"storageclass.kubernetes.io/is-default-class": "true"} if default else {}
    inputs = {
        "metadata": {"name": name, "annotations": marks},
        "allowVolumeExpansion": expands,
        "reclaimPolicy": "Retain",
    }
    return resource(STORAGE_CLASS, f"class-{name}", inputs, protect=False)


def template(size: str, name: str = "data") -> dict[str, Any]:
    claim = {
        "metadata": {"name": name},
        "spec": {"resources": {"requests": {"storage": size}}},
    }
    return {"spec": {"volumeClaimTemplates": [claim]}}


def citus(size: str, storage: str = "gp3") -> dict[str, Any]:
    volume = {"size": size, "storageClass": storage}
    return {"spec": {"shards": {"pods": {"persistentVolume": volume}}}}


def grown(token: str, old: Any, new: Any, *others: dict[str, Any]) -> GrowthStep:
    return step_between(
        plan(resource(token, "it", old, protect=False), *others),
        plan(resource(token, "it", new, protect=False), *others),
    )


@pytest.mark.parametrize(
    ("token", "old", "new"),
    [
        (RELEASE, stack_of_claims("20Gi"), stack_of_claims("50Gi")),
        (RELEASE, stack_of_claims("20Gi"), stack_of_claims("20Gi", grafana="9Gi")),
        (CITUS, citus("900Gi"), citus("1Ti")),
    ],
)
def test_claims_grow_where_their_class_lets_them(token, old, new):
    assert grown(token, old, new, storage_class(expands=True)).safe
    held = grown(token, old, new, storage_class(expands=False))
    (finding,) = held.findings
    assert "the class gp3 lets no claim grow" in finding.what
    assert finding.way[0].startswith("set allowVolumeExpansion true")


def test_a_class_that_is_made_to_expand_in_the_same_step_comes_too_late():
    old, new = (resource(CITUS, "it", citus(size), protect=False) for size in ("9Gi", "20Gi"))
    step = step_between(
        plan(old, storage_class(expands=False)), plan(new, storage_class(expands=True))
    )
    assert [finding.resource for finding in step.findings] == ["it"]


def test_of_a_class_that_the_stack_has_not_nothing_is_known():
    step = grown(CITUS, citus("9Gi", "gp2"), citus("20Gi", "gp2"), storage_class(expands=True))
    (finding,) = step.findings
    assert "the class gp2 is none of this stack's" in finding.what


@pytest.mark.parametrize(("old", "new"), [("1Ti", "900Gi"), ("20Gi", "9Gi")])
def test_a_volume_never_shrinks_whatever_unit_says_so(old, new):
    (finding,) = grown(CITUS, citus(old), citus(new), storage_class(expands=True)).findings
    assert "can't be changed so" in finding.what
    assert len(finding.way) == 2


@pytest.mark.parametrize(
    ("token", "old", "new"),
    [
        (STATEFUL_SET, template("9Gi"), template("20Gi")),
        (
            RELEASE,
            {"values": {"redis": {"persistence": {"size": "9Gi"}}}},
            {"values": {"redis": {"persistence": {"size": "20Gi"}}}},
        ),
        (
            RELEASE,
            {"values": {"loki": {"volumeClaimTemplates": [{"name": "a", "storage": "9Gi"}]}}},
            {"values": {"loki": {"volumeClaimTemplates": [{"name": "a", "storage": "20Gi"}]}}},
        ),
    ],
)
def test_a_template_that_nobody_is_known_to_carry_over_has_steps_by_hand(token, old, new):
    (finding,) = grown(token, old, new, storage_class(expands=True)).findings
    assert "nothing is known to carry the template's size over" in finding.what
    assert "patch pvc" in finding.way[0]
    assert "--cascade=orphan" in finding.way[1]


def test_claims_keep_their_class_and_what_they_may_do():
    def monitoring(**claim: Any) -> dict[str, Any]:
        found = stack_of_claims("20Gi")
        spec = found["values"]["prometheus"]["prometheusSpec"]["storageSpec"]
        spec["volumeClaimTemplate"]["spec"].update(claim)
        return found

    for change in ({"storageClassName": "io2"}, {"accessModes": ["ReadWriteMany"]}):
        (finding,) = grown(RELEASE, monitoring(), monitoring(**change)).findings
        assert "Prometheus' claims that exist keep it" in finding.what
    (finding,) = grown(CITUS, citus("9Gi"), citus("9Gi", "io2")).findings
    assert "a claim keeps the class that it was bound with" in finding.what


def test_persistence_that_is_turned_off_takes_the_claim_with_it():
    old, new = stack_of_claims("20Gi"), stack_of_claims("20Gi")
    old["values"]["grafana"]["persistence"]["enabled"] = True
    new["values"]["grafana"]["persistence"]["enabled"] = False
    (finding,) = grown(RELEASE, old, new).findings
    assert "the chart deletes the claim" in finding.what


@pytest.mark.parametrize(
    ("token", "old", "new", "said"),
    [
        (RDS, {"allocatedStorage": 100}, {"allocatedStorage": 400}, "six hours"),
        (RDS, {"iops": 3000}, {"iops": 12000}, "six hours"),
        (CITUS, citus("9Gi"), citus("20Gi"), "EBS changes a volume once in six hours"),
        (RELEASE, stack_of_claims("20Gi"), stack_of_claims("50Gi"), "once in six hours"),
    ],
)
def test_the_runbook_says_when_storage_can_change_again(token, old, new, said):
    step = grown(token, old, new, storage_class(expands=True))
    lines = [line for each in runbook_of(step, "test").steps for line in each.verify]
    assert any(line.startswith("it ") and said in line for line in lines)
