"""What the recorder keeps of a registration, and that it forgets everything between runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pulumi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from rf.shared.offline.record import record
from rf.shared.plan import UNKNOWN, RecordedPlan, Secret, reveal

TEXT = """
import pulumi, pulumi_aws as aws, pulumi_kubernetes as k8s
import pulumi_random as random, pulumi_tls as tls

providers = [
    aws.Provider("aws", region="eu-west-1"),
    random.Provider("random"),
    tls.Provider("tls"),
    k8s.Provider("kubernetes", kubeconfig="{}"),
]


class Layer(pulumi.ComponentResource):
    def __init__(self, name, opts):
        super().__init__("researchflow:data:Layer", name, {"size": 1}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.inner = Inner(f"{name}-inner", child)
        self.password = random.RandomPassword(f"{name}-password", length=40, opts=child)
        self.database = aws.rds.Instance(
            f"{name}-database",
            identifier="db",
            instance_class="db.t4g.large",
            password=self.password.result,
            vpc_security_group_ids=[self.inner.group.id],
            opts=pulumi.ResourceOptions(
                parent=self, protect=True, ignore_changes=["allocatedStorage"],
                aliases=[pulumi.Alias(name="old")],
            ),
        )
        self.register_outputs({})


class Inner(pulumi.ComponentResource):
    def __init__(self, name, opts):
        super().__init__("researchflow:data:Inner", name, None, opts)
        self.group = aws.ec2.SecurityGroup(name, opts=pulumi.ResourceOptions(parent=self))
        self.register_outputs({})


layer = Layer("layer", pulumi.ResourceOptions(providers=providers))
own = pulumi.ResourceOptions(providers=providers)
key = tls.PrivateKey("key", algorithm="ECDSA", opts=own)
certificate = tls.SelfSignedCert(
    "certificate", private_key_pem=key.private_key_pem, allowed_uses=["server_auth"],
    validity_period_hours=24, dns_names=["pgbouncer.researchflow.svc"], opts=own,
)
account = aws.get_caller_identity(opts=pulumi.InvokeOptions(provider=providers[0]))
pulumi.export("address", layer.database.address)
url = pulumi.Output.concat("postgres://ros:", layer.password.result, "@", layer.database.address)
pulumi.export("url", url)
pulumi.export("account", account.account_id)
pulumi.export("choice", pulumi.Config().require("choice"))
pulumi.export("key", key.private_key_pem)
pulumi.export("certificate", certificate.cert_pem)
pulumi.export("replicas", layer.database.replicas)
"""
PREFIX = "urn:pulumi:dev::researchflow::"
CONFIG = {"choice": "a", "size": "small"}


@pytest.fixture
def source(program: Callable[[str], Path]) -> Path:
    return program(TEXT)


def _plan(source: Path, *, unknowns: bool = False) -> RecordedPlan:
    return record(source, "researchflow", "dev", None, CONFIG, unknowns=unknowns)


def test_urns_carry_the_whole_chain_of_parents(source: Path) -> None:
    group = _plan(source).named("aws:ec2/securityGroup:SecurityGroup", "layer-inner")
    chain = "researchflow:data:Layer$researchflow:data:Inner$aws:ec2/securityGroup:SecurityGroup"
    assert group.urn == f"{PREFIX}{chain}::layer-inner"
    assert group.parent == f"{PREFIX}researchflow:data:Layer$researchflow:data:Inner::layer-inner"


def test_options_of_a_resource_are_kept(source: Path) -> None:
    database = _plan(source).named("aws:rds/instance:Instance", "layer-database")
    password = f"{PREFIX}researchflow:data:Layer$random:index/randomPassword:RandomPassword"
    assert database.protect
    assert database.ignore_changes == ("allocatedStorage",)
    assert database.aliases == (f"{PREFIX}researchflow:data:Layer$aws:rds/instance:Instance::old",)
    assert database.property_dependencies["password"] == (f"{password}::layer-password",)
    assert database.provider.startswith(f"{PREFIX}pulumi:providers:aws::aws::")


def test_secrets_stay_secret_from_source_to_sink(source: Path) -> None:
    plan = _plan(source)
    password = plan.named("random:index/randomPassword:RandomPassword", "layer-password")
    text = reveal(password.outputs)["result"]
    assert len(text) == 40
    assert isinstance(plan.outputs["url"], Secret)
    assert reveal(plan.outputs)["url"] == f"postgres://ros:{text}@{plan.outputs['address']}"
    assert text not in plan.to_json()
    assert "PRIVATE KEY" not in plan.to_json()


def test_computed_outputs_are_well_formed(source: Path) -> None:
    plan = _plan(source)
    assert plan.outputs["address"].startswith("db.c")
    assert plan.outputs["address"].endswith(".eu-west-1.rds.amazonaws.com")
    assert plan.outputs["account"] == "123456789012"
    certificate = x509.load_pem_x509_certificate(plan.outputs["certificate"].encode())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["pgbouncer.researchflow.svc"]
    assert load_pem_private_key(reveal(plan.outputs)["key"].encode(), password=None)


def test_every_declared_output_of_a_plain_type_has_a_value(source: Path) -> None:
    from rf.shared.offline.sdk import output_types

    for resource in _plan(source).resources:
        if resource.custom:
            for key, annotation in output_types(resource.type).items():
                if annotation in (str, int, bool):
                    assert reveal(resource.outputs).get(key) is not None, (resource.urn, key)


def test_unknowns_leave_the_set_of_resources_as_it_is(source: Path) -> None:
    known, unknown = _plan(source), _plan(source, unknowns=True)
    assert {r.urn for r in known.resources} == {r.urn for r in unknown.resources}
    assert unknown.outputs["address"] == UNKNOWN
    database = unknown.named("aws:rds/instance:Instance", "layer-database")
    assert database.inputs["vpcSecurityGroupIds"] == [UNKNOWN]


@pytest.mark.parametrize(
    ("kubeconfig", "namespace"), [('"{}"', "jobs"), ("bucket.arn", UNKNOWN)], ids=["known", "not"]
)
def test_a_provider_with_an_unknown_argument_says_nothing_in_a_first_preview(
    program: Callable[[str], Path], kubeconfig: str, namespace: str
) -> None:
    source = program(
        "import pulumi, pulumi_aws as aws, pulumi_kubernetes as k8s\n"
        "opts = pulumi.ResourceOptions(provider=aws.Provider('aws', region='eu-west-1'))\n"
        "bucket = aws.s3.Bucket('bucket', opts=opts)\n"
        f"cluster = k8s.Provider('kubernetes', kubeconfig={kubeconfig})\n"
        "opts = pulumi.ResourceOptions(provider=cluster)\n"
        "jobs = k8s.core.v1.Namespace('jobs', metadata={'name': 'jobs'}, opts=opts)\n"
        "pulumi.export('namespace', jobs.metadata.name)\n"
    )
    assert _plan(source).outputs["namespace"] == "jobs"
    assert _plan(source, unknowns=True).outputs["namespace"] == namespace


def test_runs_in_one_process_do_not_see_each_other(source: Path) -> None:
    first = _plan(source).to_json()
    with pytest.raises(pulumi.RunError, match="choice"):
        record(source, "researchflow", "dev", None, {"size": "small"})
    assert _plan(source).to_json() == first


def test_the_shell_does_not_change_the_plan(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = _plan(source).to_json()
    for key, value in {
        "AWS_REGION": "us-west-2",
        "AWS_PROFILE": "other",
        "PULUMI_CONFIG": '{"researchflow:choice": "b"}',
        "KUBECONFIG": "/elsewhere",
    }.items():
        monkeypatch.setenv(key, value)
    assert _plan(source).to_json() == first


def test_dependencies_come_before_dependents(source: Path) -> None:
    order = [resource.urn for resource in _plan(source).resources]
    for resource in _plan(source).resources:
        for urn in resource.dependencies:
            assert order.index(urn) < order.index(resource.urn)


def test_the_size_of_the_plan_is_the_config_s(source: Path) -> None:
    assert _plan(source).size == "small"
    assert record(source, "researchflow", "dev", "large", CONFIG).size == "large"


def test_no_stack_is_walked_for_an_engine_that_is_not_there(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pulumi.runtime import resource

    def walked() -> None:
        raise AssertionError("walked")

    monkeypatch.setattr(resource, "_get_stack_trace", walked)
    assert _plan(source).resources
    assert resource._get_stack_trace is walked
