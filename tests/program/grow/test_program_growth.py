"""Growth of the program itself: the way up is safe in every step, the way down tells what can't."""

from __future__ import annotations

import copy
import dataclasses
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
import yaml

from rf.grow.claims import claim_mistake
from rf.grow.classify import GrowthStep, Kind, step_between
from rf.grow.runbook import irreversible, runbook_of
from rf.shared.cards.diff import ruling_of
from rf.shared.cards.property_changes import PropertyChange
from rf.shared.plan_document import PlanDocument, document_of, read_document
from scaleplan.sizes import Size
from tests.conftest import Planned
from tests.stack_config import accepted

UPWARDS = [(Size.SMALL, Size.MEDIUM), (Size.MEDIUM, Size.LARGE)]


@pytest.fixture(scope="module")
def sized(planned: Planned) -> Callable[[str], PlanDocument]:
    return cache(lambda size: document_of(planned("prod", size=str(size))))


@pytest.fixture(scope="module")
def step(sized: Callable[[str], PlanDocument]) -> Callable[[str, str], GrowthStep]:
    return cache(lambda before, after: step_between(sized(before), sized(after)))


@pytest.mark.parametrize(("before", "after"), UPWARDS)
def test_the_program_grows_without_endangering_anything(step, before, after):
    found = step(before, after)
    assert [each.what for each in found.findings] == []
    stateful = [change for change in found.changes if change.stateful]
    assert {change.kind for change in stateful} <= {Kind.CREATE, Kind.IN_PLACE, Kind.RESTART}


def test_the_way_down_names_what_cant_shrink(step):
    found = {each.resource: each.what for each in step("medium", "small").findings}
    assert "allocatedStorage can't be changed so" in " ".join(
        each.what for each in step("medium", "small").findings
    )
    assert "would be deleted" in found["database-replica-b"]
    down = {each.resource: each.what for each in step("large", "medium").findings}
    assert "numNodeGroups" in down["cache-group"]


def test_what_has_no_way_back_is_told_before(step):
    lines = " ".join(irreversible(step("small", "medium")))
    assert "database-primary allocatedStorage 100 -> 400" in lines


SET_VALUE = re.compile(r"pulumi config set --stack prod --path 'researchflow:([\w.]+)' '(.*)'")


def configs_on_the_way(runbook):
    """The values set so far, after each step of the runbook that sets some."""
    config = {}
    for step in runbook.steps:
        values = [found.groups() for each in step.commands if (found := SET_VALUE.fullmatch(each))]
        for path, value in values:
            *sections, leaf = path.split(".")
            inner = config
            for section in sections:
                inner = inner.setdefault(section, {})
            inner[leaf] = yaml.safe_load(value)
        if values:
            yield copy.deepcopy(config)


@pytest.mark.parametrize(("before", "after"), UPWARDS)
def test_each_step_of_the_runbook_is_a_valid_config(step, before, after):
    runbook = runbook_of(step(str(before), str(after)), "prod", (before, after))
    for config in configs_on_the_way(runbook):
        accepted(size=str(before), domain="example.com", **config)


@pytest.mark.parametrize(("before", "after"), UPWARDS)
def test_the_runbooks_values_together_are_the_size_itself(step, before, after):
    """Its last step sets the size and takes them back, and expects no change of that."""
    runbook = runbook_of(step(str(before), str(after)), "prod", (before, after))
    *_, last = configs_on_the_way(runbook)
    laid = accepted(size=str(before), domain="example.com", **last)
    assert laid.model_copy(update={"size": after}) == accepted(
        size=str(after), domain="example.com"
    )


@pytest.mark.parametrize(("before", "after"), UPWARDS)
def test_claims_are_enlarged_before_the_value_that_fills_them_is_set(step, before, after):
    runbook = runbook_of(step(str(before), str(after)), "prod", (before, after))
    (found,) = [each for each in runbook.steps if each.title.startswith("Monitoring")]
    gib = accepted(size=str(after)).observability.volume_gib
    enlarge, wait, *rest = found.commands
    assert f'"storage":"{gib}Gi"' in enlarge
    assert wait.startswith("kubectl -n monitoring wait pvc")
    assert any("observability.volumeGib" in line for line in rest)
    assert any("all its pods at once" in line for line in found.windows)


def test_each_size_of_a_volume_says_what_becomes_of_claims_that_exist(sized):
    """Each template of claims there is: found by its key, not by a list of charts."""
    held_back, followed = set(), set()
    for size in Size:
        plan = sized(size)
        for resource in plan.resources.values():
            for path, value in _sizes_of_volumes(resource.inputs):
                change = PropertyChange(path=path, old=value, new=f"9{value}")
                ruling = ruling_of(resource.type, change)
                mistake = claim_mistake(resource, change, ruling, plan)
                found = (resource.type, change.bare_path, mistake)
                (held_back if mistake or not ruling.again else followed).add(found)
    assert not held_back, "add a rule to the type's card: does anything enlarge its claims?"
    # Prometheus, Alertmanager, Grafana, and Citus' coordinator and shards.
    assert len(followed) == 5


def _sizes_of_volumes(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Each amount of bytes that a template gives to claims, with its path."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _sizes_of_volumes(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _sizes_of_volumes(item, f"{path}[{position}]")
    elif isinstance(value, str) and re.fullmatch(r"\d+[MGT]i", value):
        yield from [(path, value)] if re.search(r"(?i)volumeclaim|persist", path) else []


def test_a_standby_comes_before_the_class_and_replicas_after_it(step):
    runbook = runbook_of(step("small", "medium"), "prod", (Size.SMALL, Size.MEDIUM))
    titles = [each.title for each in runbook.steps]
    assert titles.index("Database: a standby") + 1 == titles.index(
        "Database: class, storage and backups"
    )
    assert titles.index("Database: replicas") < titles.index("Applications")
    commands = [line for each in runbook.steps for line in each.commands]
    assert "pulumi config set --stack prod researchflow:size medium" in commands
    windows = [line for each in runbook.steps for line in each.windows]
    assert any(
        "database-primary, in its window sun:05:00-sun:06:00 UTC" in line for line in windows
    )
    assert all(each.verify for each in runbook.steps)


SEEDED = {
    "identifier": ("database-primary", {"identifier": "another"}),
    "engine": ("database-primary", {"engine": "mysql"}),
    "encryption": ("database-primary", {"storageEncrypted": False}),
    "key": ("database-primary", {"kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/other"}),
    "CIDR": ("network-vpc", {"cidrBlock": "10.99.0.0/16"}),
    "subnet's CIDR": ("network-data-a", {"cidrBlock": "10.2.99.0/24"}),
    "subnet group": ("database-primary", {"dbSubnetGroupName": "another"}),
    "access mode": ("cluster", {"accessConfig": {"authenticationMode": "CONFIG_MAP"}}),
    "cluster mode": ("cache-group", {"clusterMode": "disabled"}),
    "cache's shards": ("cache-group", {"numNodeGroups": 1}),
    "replica's source": ("database-replica-b", {"replicateSourceDb": None}),
    "another major": ("database-primary", {"engineVersion": "18.1"}),
    "fewer backups": ("database-primary", {"backupRetentionPeriod": 1}),
}


@pytest.mark.parametrize("fault", SEEDED)
def test_a_fault_seeded_into_the_real_plan_is_caught_by_name(sized, fault):
    name, changes = SEEDED[fault]
    before = sized("large")
    step = step_between(before, _with(before, name, inputs=changes))
    assert name in {finding.resource for finding in step.findings}
    assert any(next(iter(changes)) in finding.what for finding in step.findings)


def test_a_dropped_protect_in_the_real_plan_is_caught(sized):
    before = sized("large")
    step = step_between(before, _with(before, "database-primary", protect=False))
    assert [finding.resource for finding in step.findings] == ["database-primary"]


def test_a_renamed_component_in_the_real_plan_is_caught(sized):
    before = sized("large")
    text = (
        json.dumps([_document(each) for each in before.resources.values()])
        .replace("::database-", "::store-")
        .replace('"name": "database-', '"name": "store-')
    )
    after = read_document(
        json.dumps(
            {
                "format": 1,
                "stack": "prod",
                "size": "large",
                "resources": json.loads(text),
                "outputs": {},
            }
        )
    )
    deleted = {
        finding.resource
        for finding in step_between(before, after).findings
        if "would be deleted" in finding.what
    }
    assert {"database-primary", "database-replica-b", "database-replica-c"} <= deleted


def test_a_changed_shard_count_in_the_real_plan_is_caught(sized):
    before = sized("large")
    resources = {
        urn: dataclasses.replace(
            each,
            inputs=json.loads(
                json.dumps(each.inputs).replace("citus.shard_count = 32", "citus.shard_count = 8")
            ),
        )
        for urn, each in before.resources.items()
    }
    step = step_between(before, dataclasses.replace(before, resources=resources))
    assert any("citus.shard_count" in finding.what for finding in step.findings)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            '"numHistoryShards": 512',
            '"numHistoryShards": 1024',
            "numHistoryShards changes from 512",
        ),
        ('"databaseName": "temporal"', '"databaseName": "other"', "default store changes"),
    ],
)
def test_what_temporal_cant_change_is_caught_in_the_real_plan(sized, old, new, said):
    before = sized("large")
    resources = {
        urn: dataclasses.replace(each, inputs=json.loads(json.dumps(each.inputs).replace(old, new)))
        for urn, each in before.resources.items()
    }
    step = step_between(before, dataclasses.replace(before, resources=resources))
    assert any(said in finding.what for finding in step.findings)
    assert not any("Temporal" in finding.what for finding in step_between(before, before).findings)


def _with(plan: PlanDocument, name: str, inputs: dict[str, Any] | None = None, **options: Any):
    urn = next(each.urn for each in plan.resources.values() if each.name == name and each.protect)
    old = plan.resources[urn]
    later = {
        key: value for key, value in {**old.inputs, **(inputs or {})}.items() if value is not None
    }
    new = dataclasses.replace(old, inputs=later, **options)
    return dataclasses.replace(plan, resources={**plan.resources, urn: new})


def _document(resource: Any) -> dict[str, Any]:
    return {
        "urn": resource.urn,
        "type": resource.type,
        "name": resource.name,
        "parent": resource.parent,
        "custom": resource.custom,
        "provider": f"{resource.provider}::id",
        "inputs": resource.inputs,
        "dependencies": resource.dependencies,
        "propertyDependencies": resource.property_dependencies,
        "protect": resource.protect,
        "retainOnDelete": resource.retain_on_delete,
        "ignoreChanges": resource.ignore_changes,
        "aliases": resource.aliases,
    }


CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
KUBE_SECRET = "kubernetes:core/v1:Secret"
VERSION = "aws:secretsmanager/secretVersion:SecretVersion"


@pytest.mark.parametrize("size", list(Size))
def test_a_changed_config_map_or_secret_is_never_gone_for_a_moment(sized, size):
    """Deleted and made again, no pod that mounts it could start in between."""
    before = sized(size)
    changed = {
        urn: dataclasses.replace(each, inputs={**each.inputs, key: {"another": "value"}})
        for urn, each in before.resources.items()
        for key in ("data", "stringData")
        if each.type in (CONFIG_MAP, KUBE_SECRET) and key in each.inputs
    }
    after = dataclasses.replace(before, resources={**before.resources, **changed})
    found = step_between(before, after).changes
    assert {change.urn for change in found} == set(changed)
    assert {change.kind for change in found} == {Kind.IN_PLACE}
    assert {change.type for change in found} == {CONFIG_MAP, KUBE_SECRET}


@pytest.mark.parametrize(
    ("before", "after", "secrets"),
    [
        # Where the replicas are.
        (
            Size.SMALL,
            Size.MEDIUM,
            {
                ("database-connection", VERSION, Kind.REPLACE),
                ("database-credentials-readonly", VERSION, Kind.REPLACE),
            },
        ),
        # Temporal's role, which the bootstrap makes.
        (
            Size.MEDIUM,
            Size.LARGE,
            {("database-bootstrap-secrets", KUBE_SECRET, Kind.IN_PLACE)},
        ),
    ],
)
def test_a_step_lists_the_secrets_that_it_changes(step, before, after, secrets):
    found = step(before, after)
    assert found.secrets_compared
    assert {
        (change.name, change.type, change.kind)
        for change in found.changes
        if change.type in (VERSION, KUBE_SECRET) and change.kind is not Kind.CREATE
    } == secrets


def test_a_new_password_is_followed_to_whoever_has_it(sized):
    before = sized("large")
    token = "random:index/randomPassword:RandomPassword"
    old = next(
        each
        for each in before.resources.values()
        if (each.type, each.name) == (token, "database-credentials-application")
    )
    new = dataclasses.replace(old, inputs={**old.inputs, "length": 40})
    after = dataclasses.replace(before, resources={**before.resources, old.urn: new})
    found = step_between(before, after).changes
    kinds = {(change.type.rsplit(":", 1)[-1], change.name): change.kind for change in found}
    expected = {
        ("RandomPassword", "database-credentials-application"): Kind.REPLACE,
        ("SecretVersion", "database-credentials-application"): Kind.REPLACE,
        ("Secret", "pgbouncer-users"): Kind.IN_PLACE,
        ("Secret", "connections-postgres"): Kind.IN_PLACE,
        ("Deployment", "pgbouncer-deployment"): Kind.RESTART,
        ("Deployment", "orchestrator-workload-pods"): Kind.RESTART,
        ("Deployment", "worker-workload-pods"): Kind.RESTART,
        ("Job", "database-bootstrap-job"): Kind.REPLACE,
    }
    assert {key: kinds.get(key) for key in expected} == expected
    assert ("Deployment", "web-workload-pods") not in kinds
