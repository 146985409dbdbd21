"""Growth on small plans: each way to endanger data is caught by name, and what is safe passes."""

from __future__ import annotations

from typing import Any

import pytest

from rf.grow.classify import GrowthStep, Kind, step_between
from rf.grow.phases import layer_to_grow
from rf.grow.runbook import runbook_of
from rf.shared.cards.changes import Changes
from rf.shared.cards.property_changes import ABSENT, property_changes
from rf.shared.cards.registry import all_cards
from rf.shared.plan_document import PlanDocument, PlanDocumentError, read_document
from tests.commands.grow.growth_cases import (
    CLUSTER,
    CONFIG_MAP,
    RDS,
    REDIS,
    RELEASE,
    SHARDED_CLUSTER,
    SUBNET,
    SUBNET_GROUP,
    VPC,
    plan,
    resource,
    stack_of_claims,
    urn,
)

DATABASE: dict[str, Any] = {
    "identifier": "researchflow-test-database",
    "engine": "postgres",
    "engineVersion": "16",
    "instanceClass": "db.r7g.large",
    "allocatedStorage": 100,
    "storageEncrypted": True,
    "kmsKeyId": "arn:key/1",
    "dbSubnetGroupName": "researchflow-test-database",
    "deletionProtection": True,
    "multiAz": True,
    "maintenanceWindow": "sun:05:00-sun:06:00",
}
REPLICA = {"identifier": "replica-b", "replicateSourceDb": "researchflow-test-database"}
CACHE: dict[str, Any] = {
    "replicationGroupId": "researchflow-test-cache",
    "clusterMode": "enabled",
    "atRestEncryptionEnabled": True,
    "numNodeGroups": 3,
    "nodeType": "cache.m7g.large",
    "subnetGroupName": "cache",
}
EKS = {"name": "researchflow-test", "accessConfig": {"authenticationMode": "API"}}


def changed(token: str, inputs: dict[str, Any], **changes: Any) -> GrowthStep:
    """The step that gives one resource, named `it`, these other inputs; None takes one away."""
    later = {key: value for key, value in (inputs | changes).items() if value is not None}
    return step_between(plan(resource(token, "it", inputs)), plan(resource(token, "it", later)))


def the_finding(step: GrowthStep) -> str:
    """What the only finding says, with the resource it names."""
    (finding,) = step.findings
    return f"{finding.resource}: {finding.what}"


@pytest.mark.parametrize(
    ("token", "inputs", "change", "kind"),
    [
        (RDS, DATABASE, {"identifier": "other"}, Kind.IN_PLACE),
        (RDS, DATABASE, {"engine": "mysql"}, Kind.REPLACE),
        (RDS, DATABASE, {"storageEncrypted": False}, Kind.REPLACE),
        (RDS, DATABASE, {"kmsKeyId": "arn:key/2"}, Kind.REPLACE),
        (RDS, DATABASE, {"dbSubnetGroupName": "other"}, Kind.IN_PLACE),
        (RDS, DATABASE, {"allocatedStorage": 50}, Kind.CANNOT),
        (RDS, DATABASE, {"engineVersion": "15"}, Kind.CANNOT),
        (RDS, DATABASE, {"engineVersion": "17"}, Kind.CANNOT),
        (RDS, DATABASE, {"multiAz": False}, Kind.IN_PLACE),
        (RDS, DATABASE, {"deletionProtection": False}, Kind.IN_PLACE),
        (RDS, DATABASE, {"someNewProperty": 1}, Kind.IN_PLACE),
        (RDS, REPLICA, {"replicateSourceDb": None}, Kind.PROMOTE),
        (RDS, REPLICA, {"replicateSourceDb": "another"}, Kind.REPLACE),
        (REDIS, CACHE, {"clusterMode": "disabled"}, Kind.IN_PLACE),
        (REDIS, CACHE, {"numNodeGroups": 2}, Kind.IN_PLACE),
        (REDIS, CACHE, {"replicationGroupId": "other"}, Kind.REPLACE),
        (REDIS, CACHE, {"atRestEncryptionEnabled": False}, Kind.REPLACE),
        (REDIS, CACHE, {"subnetGroupName": "other"}, Kind.REPLACE),
        (VPC, {"cidrBlock": "10.0.0.0/16"}, {"cidrBlock": "10.9.0.0/16"}, Kind.REPLACE),
        (SUBNET, {"cidrBlock": "10.0.0.0/20"}, {"cidrBlock": "10.0.16.0/20"}, Kind.REPLACE),
        (CLUSTER, EKS, {"accessConfig": {"authenticationMode": "CONFIG_MAP"}}, Kind.IN_PLACE),
        (CLUSTER, EKS, {"name": "other"}, Kind.REPLACE),
        ("aws:unheard/of:Thing", {"a": 1}, {"a": 2}, Kind.IN_PLACE),
    ],
)
def test_each_change_that_endangers_data_is_caught_by_name(token, inputs, change, kind):
    step = changed(token, inputs, **change)
    assert not step.safe
    (property_name,) = change
    assert the_finding(step).startswith(f"it: {property_name}")
    assert step.changes[0].kind is kind


def test_a_lost_protection_is_caught():
    before = plan(resource(RDS, "database-primary", DATABASE))
    after = plan(resource(RDS, "database-primary", DATABASE, protect=False))
    assert "database-primary" in the_finding(step_between(before, after))
    assert "loses its protection" in the_finding(step_between(before, after))


def test_a_renamed_resource_is_a_deletion_unless_an_alias_tells():
    before = plan(resource(RDS, "database-primary", DATABASE))
    renamed = plan(resource(RDS, "store-primary", DATABASE))
    step = step_between(before, renamed)
    assert "database-primary" in the_finding(step)
    assert "would be deleted" in the_finding(step)
    alias = urn(RDS, "database-primary")
    moved = step_between(before, plan(resource(RDS, "store-primary", DATABASE, aliases=[alias])))
    assert moved.safe
    assert [change.kind for change in moved.changes] == [Kind.MOVE]


def citus(stage: str) -> dict[str, Any]:
    return resource("researchflow:data:Citus", "citus", {"stage": stage}, custom=False)


@pytest.mark.parametrize(
    ("before", "after", "caught"),
    [
        ((), ("serving",), "without parallel"),
        (("serving",), (), "without parallel"),
        ((), ("parallel",), ""),
        (("parallel",), ("serving",), ""),
        (("serving",), ("parallel",), ""),
    ],
)
def test_no_stage_of_the_way_to_citus_is_skipped(before, after, caught):
    step = step_between(plan(*map(citus, before)), plan(*map(citus, after)))
    if caught:
        assert caught in the_finding(step)
    else:
        assert step.safe


RESTORED = {"restore": {"fromBackup": {"name": "daily"}}}


@pytest.mark.parametrize(("before", "after"), [(None, RESTORED), (RESTORED, None)])
def test_a_citus_that_stands_is_made_from_no_backup(before, after):
    def cluster(initial: dict[str, Any] | None) -> PlanDocument:
        spec = {"type": "citus", **({"initialData": initial} if initial else {})}
        return plan(resource(SHARDED_CLUSTER, "citus-cluster", {"spec": spec}))

    step = step_between(cluster(before), cluster(after))
    assert "restoreFromBackup is set before that, and stays" in the_finding(step)
    assert step.changes[0].kind is Kind.CANNOT


def test_another_shard_count_is_caught():
    def distribution(count: int) -> dict[str, Any]:
        sql = {"distribute.sql": f"SET citus.shard_count = {count};"}
        return resource(CONFIG_MAP, "citus-distribution", {"data": sql}, protect=False)

    step = step_between(plan(distribution(32)), plan(distribution(64)))
    assert "citus-distribution: citus.shard_count changes from 32 to 64" in the_finding(step)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"allocatedStorage": 200}, Kind.IN_PLACE),
        ({"instanceClass": "db.r7g.xlarge"}, Kind.RESTART),
        ({"engineVersion": "16.13"}, Kind.RESTART),
        ({"backupRetentionPeriod": 14}, Kind.IN_PLACE),
    ],
)
def test_what_grows_in_place_is_safe(change, kind):
    step = changed(RDS, DATABASE, **change)
    assert step.safe
    assert step.changes[0].kind is kind


def test_an_interruption_tells_how_long_it_is_and_when():
    (change,) = changed(RDS, DATABASE, instanceClass="db.r7g.xlarge").changes
    assert "60 to 120 s" in change.outage
    assert change.window == "sun:05:00-sun:06:00"


def test_a_template_of_claims_grows_after_the_claims_themselves():
    """They keep their size for ever otherwise, and Prometheus keeps more than they hold."""
    (change,) = changed(RELEASE, stack_of_claims("20Gi"), **stack_of_claims("50Gi")).changes
    assert change.kind is Kind.ACTION
    enlarge, wait = change.actions
    assert enlarge.startswith("kubectl -n monitoring patch $(kubectl -n monitoring get pvc -l ")
    assert '\'{"spec":{"resources":{"requests":{"storage":"50Gi"}}}}\'' in enlarge
    assert "--for=jsonpath='{.status.capacity.storage}'=50Gi" in wait
    assert "at once" in change.outage


def test_claims_never_follow_a_smaller_template():
    step = changed(RELEASE, stack_of_claims("50Gi"), **stack_of_claims("20Gi"))
    (change,) = step.changes
    assert (change.kind, change.actions) == (Kind.CANNOT, ())
    (finding,) = step.findings
    assert any("delete pvc" in line for line in finding.way)


@pytest.mark.parametrize(("size", "kind"), [("9Gi", Kind.IN_PLACE), ("2Gi", Kind.CANNOT)])
def test_a_claim_of_the_charts_own_grows_with_its_value_and_never_shrinks(size, kind):
    after = stack_of_claims("20Gi", grafana=size)
    (change,) = changed(RELEASE, stack_of_claims("20Gi"), **after).changes
    assert (change.kind, change.actions) == (kind, ())


def test_the_runbook_enlarges_claims_before_it_sets_what_fills_them():
    release = [
        resource(RELEASE, "it", stack_of_claims(size), protect=False) for size in ("20Gi", "50Gi")
    ]
    step = step_between(plan(release[0]), plan(release[1]))
    (found,) = runbook_of(step, "test").steps
    assert [line.split()[3] for line in found.commands] == ["patch", "wait"]


def test_a_replacement_reaches_what_is_made_from_it():
    """A new VPC gives its subnets another `vpcId`, they another subnet group's list, and so on."""
    group = resource(
        SUBNET_GROUP,
        "group",
        {"name": "cache", "subnetIds": ["s"]},
        needs={"subnetIds": [urn(SUBNET, "subnet")]},
        protect=False,
    )
    cache = resource(REDIS, "cache", CACHE, needs={"subnetGroupName": [urn(SUBNET_GROUP, "group")]})

    def network(cidr: str) -> list[dict[str, Any]]:
        return [
            resource(VPC, "vpc", {"cidrBlock": cidr}),
            resource(
                SUBNET,
                "subnet",
                {"cidrBlock": "10.0.0.0/20", "vpcId": "v"},
                needs={"vpcId": [urn(VPC, "vpc")]},
            ),
            group,
            cache,
        ]

    step = step_between(plan(*network("10.0.0.0/16")), plan(*network("10.1.0.0/16")))
    kinds = {change.name: change.kind for change in step.changes}
    assert kinds == {"vpc": Kind.REPLACE, "subnet": Kind.REPLACE, "group": Kind.IN_PLACE}
    assert {finding.resource for finding in step.findings} == {"vpc", "subnet"}


def test_a_replacement_reaches_what_needs_it_directly_and_by_way_of_another():
    password, first, middle = "random:index/randomPassword:RandomPassword", "a:b:C", "x:y:Z"

    def state(length: int) -> PlanDocument:
        made, through = urn(password, "password"), urn(middle, "middle")
        return plan(
            resource(first, "first", {"in": 1}, needs={"in": [made, through]}, protect=False),
            resource(middle, "middle", {"in": 1}, needs={"in": [made]}, protect=False),
            resource(password, "password", {"length": length}, protect=False),
        )

    step = step_between(state(32), state(40))
    assert {change.name for change in step.changes} == {"first", "middle", "password"}


DEPLOYMENT = "kubernetes:apps/v1:Deployment"
JOB = "kubernetes:batch/v1:Job"
STATEFUL_SET = "kubernetes:apps/v1:StatefulSet"
KUBE_SECRET = "kubernetes:core/v1:Secret"
PROVIDER = "pulumi:providers:kubernetes"
MUTABLE = {"enableConfigMapMutable": "true", "enableSecretMutable": "true"}
POD = {"spec": {"backoffLimit": 6, "template": {"metadata": {"annotations": {"hash": "a"}}}}}


def by_provider(provider: dict[str, Any], *resources: dict[str, Any]) -> PlanDocument:
    """A plan whose resources are one provider's."""
    manager = resource(PROVIDER, "kubernetes", provider, protect=False)
    managed = [each | {"provider": f"{manager['urn']}::id"} for each in resources]
    return plan(manager, *managed)


@pytest.mark.parametrize(
    ("token", "before", "after", "provider", "kind"),
    [
        (CONFIG_MAP, {"data": {"a": "1"}}, {"data": {"a": "2"}}, MUTABLE, Kind.IN_PLACE),
        (CONFIG_MAP, {"data": {"a": "1"}}, {"data": {"a": "2"}}, {}, Kind.REPLACE),
        (
            CONFIG_MAP,
            {"data": {"a": "1"}},
            {"data": {"a": "2"}},
            {"enableConfigMapMutable": "false", "enableSecretMutable": "true"},
            Kind.REPLACE,
        ),
        (KUBE_SECRET, {"data": {"a": "MQ=="}}, {"data": {"a": "Mg=="}}, MUTABLE, Kind.IN_PLACE),
        (KUBE_SECRET, {"stringData": {"a": "1"}}, {"stringData": {"a": "2"}}, {}, Kind.REPLACE),
        (KUBE_SECRET, {"type": "Opaque"}, {"type": "kubernetes.io/tls"}, MUTABLE, Kind.REPLACE),
        (CONFIG_MAP, {"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}, {}, Kind.REPLACE),
        (JOB, {"spec": {"backoffLimit": 6}}, {"spec": {"backoffLimit": 3}}, {}, Kind.IN_PLACE),
        (JOB, {"spec": {"completions": 1}}, {"spec": {"completions": 2}}, {}, Kind.REPLACE),
        (
            CONFIG_MAP,
            {"data": {"a": "1"}, "immutable": True},
            {"data": {"a": "2"}, "immutable": True},
            MUTABLE,
            Kind.REPLACE,
        ),
        (
            KUBE_SECRET,
            {"stringData": {"a": "1"}},
            {"stringData": {"a": "2"}, "immutable": True},
            MUTABLE,
            Kind.REPLACE,
        ),
        (CONFIG_MAP, {"data": {}}, {"data": {}, "immutable": True}, MUTABLE, Kind.IN_PLACE),
        (CONFIG_MAP, {"immutable": True}, {}, MUTABLE, Kind.CANNOT),
        (RELEASE, {"namespace": "a"}, {"namespace": "b"}, {}, Kind.REPLACE),
        # Kinds of which the program has none, so that no card tells of them.
        (
            STATEFUL_SET,
            {"spec": {"serviceName": "a"}},
            {"spec": {"serviceName": "b"}},
            {},
            Kind.REPLACE,
        ),
        (STATEFUL_SET, {"spec": {"replicas": 1}}, {"spec": {"replicas": 2}}, {}, Kind.IN_PLACE),
        (
            "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
            {"roleRef": {"name": "a"}},
            {"roleRef": {"name": "b"}},
            {},
            Kind.REPLACE,
        ),
    ],
)
def test_a_kubernetes_object_is_made_anew_where_its_provider_does_so(
    token, before, after, provider, kind
):
    """As the provider's own table of what forces a replacement has it (pkg/provider/diff.go)."""
    old = resource(token, "it", before, protect=False)
    new = resource(token, "it", after, protect=False)
    step = step_between(by_provider({}, old), by_provider(provider, new))
    assert [change.kind for change in step.changes] == [kind]


def test_pods_are_rolled_by_what_is_made_anew_and_jobs_run_once_more():
    version = "aws:secretsmanager/secretVersion:SecretVersion"
    needs = {"spec": [urn(version, "password")]}

    def state(secret: str, attempts: int) -> PlanDocument:
        spec = POD["spec"] | {"backoffLimit": attempts}
        return plan(
            resource(version, "password", {"secretString": secret}, protect=False),
            resource(DEPLOYMENT, "pods", POD, needs=needs, protect=False),
            # Something else of the Job changes as well, in place by itself.
            resource(JOB, "job", {"spec": spec}, needs=needs, protect=False),
            resource("kubernetes:core/v1:Service", "svc", {"spec": {}}, needs=needs, protect=False),
        )

    step = step_between(state("old", 6), state("new", 3))
    assert {change.name: change.kind for change in step.changes} == {
        "password": Kind.REPLACE,
        "pods": Kind.RESTART,
        "job": Kind.REPLACE,
        "svc": Kind.IN_PLACE,
    }


def test_the_same_plan_has_no_change():
    step = step_between(plan(resource(RDS, "it", DATABASE)), plan(resource(RDS, "it", DATABASE)))
    assert step.safe
    assert not step.changes


def test_every_rule_that_refuses_or_endangers_says_why_or_is_the_providers_own():
    for card in all_cards():
        if isinstance(card.changes, Changes):
            assert card.changes.source, card.type


@pytest.mark.parametrize("text", ["", "[]", '{"format": 99}', '{"format": 1, "resources": [{}]}'])
def test_a_text_that_is_no_plan_is_refused(text):
    with pytest.raises(PlanDocumentError):
        read_document(text)


def test_a_list_of_named_objects_is_compared_by_name_and_any_other_by_place():
    before = {
        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
        "rules": [{"p": 1}],
    }
    after = {"env": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}], "rules": [{"p": 2}]}
    found = {change.path: change.new for change in property_changes(before, after)}
    assert found == {
        "env[A]": ABSENT,
        "env[B].value": "3",
        "env[C]": {"name": "C", "value": "4"},
        "rules[0].p": 2,
    }


def test_the_promotion_of_another_regions_replica_is_named_with_its_source():
    source = "arn:aws:rds:us-east-1:123456789012:db:researchflow-prod-database"
    text = the_finding(
        changed(RDS, REPLICA | {"replicateSourceDb": source}, replicateSourceDb=None)
    )
    assert "promotes the replica of researchflow-prod-database in us-east-1" in text
    step = changed(RDS, REPLICA | {"replicateSourceDb": source}, replicateSourceDb=None)
    assert [each.kind for each in step.changes] == [Kind.PROMOTE]
    assert "docs/disaster-recovery.md" in step.findings[0].remedy


def test_what_the_program_leaves_as_it_is_changes_nothing():
    key = "aws:kms/key:Key"
    before = plan(resource(key, "it", {"description": "data"}))
    later = resource(key, "it", {"description": "data", "multiRegion": True})
    assert not step_between(before, plan(later)).safe
    assert step_between(before, plan(later | {"ignoreChanges": ["multiRegion"]})).changes == ()


@pytest.mark.parametrize(
    ("layer", "name", "grows_with"),
    [
        ("pod-roles", "temporal-worker-artifacts", "temporal"),
        ("pod-roles", "citus-backups-shard0", "citus"),
        ("pod-roles", "orchestrator-artifacts-bucket", "orchestrator"),
        ("worker", "worker-workload-pods", "worker"),
        ("audit", "audit-trail", "audit"),
    ],
)
def test_a_role_grows_in_the_stage_of_the_pods_that_have_it(layer, name, grows_with):
    assert layer_to_grow(layer, name) == grows_with
