"""The pack as the engine runs it: a process that answers over gRPC, shown a recorded plan.

What the CLI does with it is the engine's own; here its analyzer is asked as the engine asks: each
resource's inputs first, then the whole stack with outputs.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from policy.rules import RULES
from rf.shared.plan import RecordedPlan, RecordedResource, reveal
from rf.shared.project import PROJECT_ROOT
from tests.faults.change import changed, parameter, put, remove

PACK = PROJECT_ROOT / "policy"
OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
FLOW_LOG = "aws:ec2/flowLog:FlowLog::network-flow"
VPC = "aws:ec2/vpc:Vpc::network-vpc"
WORKER = "kubernetes:apps/v1:Deployment::worker-workload-pods"
BUDGET = "kubernetes:policy/v1:PodDisruptionBudget::worker-workload-budget"
SCALED = "kubernetes:keda.sh/v1alpha1:ScaledObject::worker-scaling"
LOGIN = "kubernetes:keda.sh/v1alpha1:TriggerAuthentication::worker-queue-login"
WORKERS_NEEDS = (
    "aws:elasticache/user:User::queue-foundation-keda",
    "kubernetes:core/v1:ConfigMap::authority-ca",
    "kubernetes:core/v1:ConfigMap::connections-config",
    "kubernetes:core/v1:ConfigMap::pgbouncer-config",
    "kubernetes:core/v1:Secret::connections-postgres",
    "kubernetes:core/v1:Secret::connections-worker",
    "kubernetes:core/v1:Secret::pgbouncer-users",
    "kubernetes:networking.k8s.io/v1:NetworkPolicy::platform-researchflow-network-worker",
    "kubernetes:scheduling.k8s.io/v1:PriorityClass::platform-capacity-researchflow-jobs",
)
"""What the worker's Deployment and its autoscaler name, what those name, and who it talks to."""
PARAMETERS = "aws:rds/parameterGroup:ParameterGroup::database-postgres16"
LOGS = "aws:cloudwatch/logGroup:LogGroup::network-flow"


class Analyzer:
    """One process of the pack, and what it says."""

    def __init__(self, stub: Any) -> None:
        self.stub = stub

    def of_resource(self, shown: Any) -> list[tuple[str, int, str]]:
        """Rule, level and message of what is wrong with a resource that is about to be made."""
        return _said(self.stub.Analyze(shown).diagnostics)

    def of_stack(self, shown: Sequence[Any]) -> list[tuple[str, int, str]]:
        """The same of the whole stack."""
        request = analyzer_pb2.AnalyzeStackRequest(resources=shown)
        return _said(self.stub.AnalyzeStack(request).diagnostics)


def _said(diagnostics: Any) -> list[tuple[str, int, str]]:
    return [(each.policyName, each.enforcementLevel, each.message) for each in diagnostics]


def start(pack: Path, stack: str, **config: str) -> subprocess.Popen[bytes]:
    """The process that Pulumi's Python host starts, with what it hands to it."""
    project = {f"researchflow:{key}": value for key, value in config.items()}
    environment = {
        "PATH": os.environ["PATH"],
        "PULUMI_PROJECT": "researchflow",
        "PULUMI_STACK": stack,
        "PULUMI_DRY_RUN": "true",
        "PULUMI_CONFIG": json.dumps(project),
    }
    return subprocess.Popen(
        [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", "."],
        cwd=pack,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@contextlib.contextmanager
def running(pack: Path, stack: str) -> Iterator[Analyzer]:
    """The pack for a small stack that doesn't protect its data, as dev is."""
    process = start(pack, stack, size="small", protectData="false")
    try:
        assert process.stdout is not None
        port = process.stdout.readline().decode().strip()
        assert port.isdigit(), process.communicate()[1].decode()
        with grpc.insecure_channel(f"127.0.0.1:{port}", options=OPTIONS) as channel:
            yield Analyzer(analyzer_pb2_grpc.AnalyzerStub(channel))
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def analyzer() -> Iterator[Analyzer]:
    with running(PACK, "dev") as found:
        yield found


@pytest.fixture(scope="module")
def plan(planned) -> RecordedPlan:
    return planned("dev")


def shown(
    plan: RecordedPlan, resource: RecordedResource, inputs: dict[str, Any] | None = None
) -> Any:
    """A resource as the engine shows it before it is made."""
    request = analyzer_pb2.AnalyzeRequest(
        **_described(resource, inputs),
    )
    provider = _provider_of(plan, resource)
    if provider is not None:
        request.provider.CopyFrom(provider)
    return request


def in_stack(
    plan: RecordedPlan, resource: RecordedResource, outputs: dict[str, Any] | None = None
) -> Any:
    """A resource as the engine shows it at the end, with outputs and where its inputs are from."""
    made = analyzer_pb2.AnalyzerResource(
        **_described(resource, outputs),
        parent=resource.parent,
        dependencies=resource.dependencies,
        propertyDependencies={
            key: analyzer_pb2.AnalyzerPropertyDependencies(urns=urns)
            for key, urns in resource.property_dependencies.items()
        },
    )
    provider = _provider_of(plan, resource)
    if provider is not None:
        made.provider.CopyFrom(provider)
    return made


def _described(resource: RecordedResource, properties: dict[str, Any] | None) -> dict[str, Any]:
    """What both say of a resource; its inputs stand for properties that aren't given."""
    return {
        "type": resource.type,
        "urn": resource.urn,
        "name": resource.name,
        "properties": _struct(reveal(resource.inputs) if properties is None else properties),
        "options": analyzer_pb2.AnalyzerResourceOptions(
            protect=resource.protect, parent=resource.parent
        ),
    }


def _provider_of(plan: RecordedPlan, resource: RecordedResource) -> Any:
    urn = resource.provider.rsplit("::", 1)[0]
    for each in plan.resources:
        if each.urn == urn:
            return analyzer_pb2.AnalyzerProviderResource(
                type=each.type,
                urn=each.urn,
                name=each.name,
                properties=_struct(reveal(each.inputs)),
            )
    return None


def _struct(inputs: dict[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(json.loads(json.dumps(inputs)))
    return struct


def named(plan: RecordedPlan, label: str) -> RecordedResource:
    token, _, name = label.partition("::")
    return plan.named(token, name)


def test_the_pack_offers_every_rule_at_its_level(analyzer):
    info = analyzer.stub.GetAnalyzerInfo(empty_pb2.Empty())
    offered = {each.name: each for each in info.policies}
    assert info.name == "researchflow"
    assert set(offered) == {*(rule.id for rule in RULES), "exceptions-in-order"}
    for rule in RULES:
        level = analyzer_pb2.MANDATORY if rule.level == "mandatory" else analyzer_pb2.ADVISORY
        assert offered[rule.id].enforcementLevel == level
        assert offered[rule.id].description == rule.demand
        assert offered[rule.id].remediation_steps == rule.remedy


def test_a_stack_of_the_repository_is_clean_in_the_engine_too(analyzer, plan):
    one_a_type = {resource.type: resource for resource in plan.resources}
    for resource in one_a_type.values():
        assert not analyzer.of_resource(shown(plan, resource)), resource.urn
    assert not analyzer.of_stack([in_stack(plan, each) for each in plan.resources])


def test_a_fault_is_told_before_the_resource_is_made(analyzer, plan):
    logs = named(plan, LOGS)
    week = changed(reveal(logs.inputs), put("retentionInDays", 7))
    ((rule, level, message),) = analyzer.of_resource(shown(plan, logs, week))
    assert rule == "logs-kept"
    assert level == analyzer_pb2.MANDATORY
    assert "for 7 days" in message
    assert "Remedy: set retentionInDays" in message
    analyzer.of_resource(shown(plan, logs))


def test_what_only_the_deployment_reveals_is_asked_again_then(analyzer, plan):
    logs = named(plan, LOGS)
    unknown = put("retentionInDays", UNKNOWN_STRING_VALUE)
    late = changed(reveal(logs.inputs), unknown)
    assert not analyzer.of_resource(shown(plan, logs, late))
    analyzer.of_resource(shown(plan, logs))


def test_a_resource_of_the_default_provider_is_told(analyzer, plan):
    request = shown(plan, named(plan, LOGS))
    request.provider.name = "default_7_51_1"
    assert [each[0] for each in analyzer.of_resource(request)] == ["no-default-provider"]


def test_what_is_missing_in_the_stack_is_told_at_the_end(analyzer, plan):
    network = [in_stack(plan, each) for each in (named(plan, VPC), named(plan, FLOW_LOG))]
    assert not analyzer.of_stack(network)
    assert [each[0] for each in analyzer.of_stack(network[:1])] == ["vpc-flow-log"]


def test_a_log_of_patients_values_is_told_before_the_database_is(analyzer, plan):
    group = named(plan, PARAMETERS)
    with_values = changed(reveal(group.inputs), parameter("log_parameter_max_length", "-1"))
    ((rule, level, message),) = analyzer.of_resource(shown(plan, group, with_values))
    assert (rule, level) == ("database-logs-no-values", analyzer_pb2.MANDATORY)
    assert "log_parameter_max_length is -1" in message
    analyzer.of_resource(shown(plan, group))


def test_pods_that_are_killed_while_they_drain_are_told_at_the_end(analyzer, plan):
    worker, *others = (
        named(plan, label) for label in (WORKER, BUDGET, SCALED, LOGIN, *WORKERS_NEEDS)
    )
    around = [in_stack(plan, each) for each in others]
    hasty = changed(
        reveal(worker.inputs), put("spec.template.spec.terminationGracePeriodSeconds", 60)
    )
    analyzer.of_resource(shown(plan, worker, hasty))
    found = analyzer.of_stack([*around, in_stack(plan, worker)])
    assert [each[0] for each in found] == ["pods-drain-in-time"]
    analyzer.of_resource(shown(plan, worker))
    assert not analyzer.of_stack([*around, in_stack(plan, worker)])


def test_the_end_judges_what_was_asked_for_not_what_a_server_filled_in(analyzer, plan):
    """The API server answers with `replicas`, whoever sets their number."""
    worker, *others = (
        named(plan, label) for label in (WORKER, BUDGET, SCALED, LOGIN, *WORKERS_NEEDS)
    )
    filled = changed(reveal(worker.inputs), put("spec.replicas", 1))
    around = [in_stack(plan, each) for each in others]
    analyzer.of_resource(shown(plan, worker))
    assert not analyzer.of_stack([*around, in_stack(plan, worker, filled)])
    analyzer.of_resource(shown(plan, worker, filled))
    found = analyzer.of_stack([*around, in_stack(plan, worker)])
    assert [each[0] for each in found] == ["no-replicas-under-autoscaler"]
    analyzer.of_resource(shown(plan, worker))
    assert not analyzer.of_stack([*around, in_stack(plan, worker)])


ENTRY = """\
  - rule: {rule}
    stack: dev
    resource: {resource}
    expires: {expires}
    reason: a load test
"""


def copied(directory: Path, *entries: str) -> Path:
    """The pack alone, without the repository around it, with exceptions of its own."""
    pack = directory / "policy"
    shutil.copytree(PACK, pack, ignore=shutil.ignore_patterns("__pycache__"))
    text = "exceptions:\n" + "".join(entries)
    (pack / "exceptions.yaml").write_text(text, encoding="utf-8")
    return pack


def test_an_exception_holds_in_the_engine_until_its_day(tmp_path, plan):
    today = datetime.now(UTC).date()
    holds = ENTRY.format(rule="logs-kept", resource=LOGS, expires=today + timedelta(days=9))
    over = ENTRY.format(rule="logs-encrypted", resource=LOGS, expires=today - timedelta(days=9))
    gone = ENTRY.format(rule="logs-kept", resource=f"{LOGS}-old", expires=today)
    pack = copied(tmp_path, holds, over, gone)
    logs = named(plan, LOGS)
    week = changed(reveal(logs.inputs), put("retentionInDays", 7))
    bare = changed(reveal(logs.inputs), remove("kmsKeyId"))
    with running(pack, "dev") as analyzer:
        assert not analyzer.of_resource(shown(plan, logs, week))
        assert [each[0] for each in analyzer.of_resource(shown(plan, logs, bare))] == [
            "logs-encrypted"
        ]
        found = analyzer.of_stack([in_stack(plan, logs)])
    in_order = [message for rule, _, message in found if rule == "exceptions-in-order"]
    assert len(in_order) == 2
    assert "-old (rule logs-kept): allowed is TYPE::NAME of a resource of dev" in in_order[0]
    assert "logs-encrypted" in in_order[1]
    assert "expired on" in in_order[1]


@pytest.mark.parametrize(
    ("entry", "config", "told"),
    [
        ("  - rule: nothing\n", {"size": "small"}, "rule = nothing: allowed is the id of a rule"),
        ("", {"size": "huge"}, "size = huge: allowed is one of small, medium, large"),
        ("", {}, "size"),
    ],
)
def test_a_pack_that_cant_judge_stops_the_deployment(tmp_path, entry, config, told):
    process = start(copied(tmp_path, entry), "dev", **config)
    output, errors = process.communicate()
    assert process.returncode != 0
    assert not output
    assert told in errors.decode()
