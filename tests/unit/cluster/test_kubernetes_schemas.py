"""Between `rf/shared/schemas` and an API server: pins, structural form, agreement with CRDs."""

from __future__ import annotations

import re

import pytest

from rf.shared.cluster.structural import NotStructuralError, structural
from rf.shared.project import PROJECT_ROOT
from scaleplan.cluster import charts
from scaleplan.settings import Settings, kubernetes_versions
from tests.apiserver.objects.agreement import disagreements

APISERVER = PROJECT_ROOT / ".ci" / "apiserver"
MODULES = {
    line.split()[0]: line.split()[1]
    for line in (APISERVER / "crds").read_text("utf-8").splitlines()
    if not line.startswith("#")
}


def test_the_api_server_is_of_the_version_that_a_cluster_gets():
    text = (APISERVER / "go.mod").read_text("utf-8")
    built = re.search(r"^\tk8s\.io/kubernetes v(1\.\d+)\.(\d+)", text, re.MULTILINE)
    assert built
    assert built[1] == Settings.model_fields["kubernetes_version"].default
    assert built[1] in kubernetes_versions()
    replaced = re.findall(r"^\tk8s\.io/(\S+) => k8s\.io/(\S+) (\S+)$", text, re.MULTILINE)
    assert len(replaced) > 20
    expected = f"v0.{built[1].removeprefix('1.')}.{built[2]}"
    assert {(name, version) for _, name, version in replaced} == {
        (name, expected) for name, _, _ in replaced
    }


@pytest.mark.parametrize(
    ("module", "chart"),
    [
        ("github.com/kedacore/keda/v2", charts.KEDA),
        ("github.com/aws/karpenter-provider-aws", charts.KARPENTER),
    ],
)
def test_crds_are_those_of_the_chart_that_runs(module, chart):
    assert MODULES[module] == f"v{chart.version}"


def test_karpenters_controllers_in_the_tests_are_of_the_chart_that_runs():
    """Their module has a number of its own, the same so far: v1.14.1 is the commit (6e7eab7a0f48)
    that AWS' half, v1.14.1, is built on."""
    text = (PROJECT_ROOT / ".ci" / "cluster" / "build").read_text("utf-8")
    built = re.search(r"^karpenter sigs\.k8s\.io/karpenter v(\S+) ", text, re.MULTILINE)
    assert built
    assert built[1] == charts.KARPENTER.version


def test_a_structural_schema_keeps_the_rules():
    schema = {
        "$defs": {"name": {"type": "string", "minLength": 1}},
        "type": "object",
        "additionalProperties": False,
        "required": ["kind"],
        "properties": {
            "kind": {"const": "s3"},
            "port": {"type": ["integer", "string"]},
            "name": {"allOf": [{"$ref": "#/$defs/name"}, {"maxLength": 9}]},
            "settings": {
                "type": "object",
                "additionalProperties": {"type": "string"},
                "propertyNames": {"not": {"enum": ["port"]}},
            },
        },
    }
    assert structural(schema) == {
        "type": "object",
        "required": ["kind"],
        "properties": {
            "kind": {"type": "string", "enum": ["s3"]},
            "port": {"x-kubernetes-int-or-string": True},
            "name": {"type": "string", "minLength": 1, "maxLength": 9},
            "settings": {
                "type": "object",
                "additionalProperties": {"type": "string"},
                "x-kubernetes-validations": [{"rule": 'self.all(name, !(name in ["port"]))'}],
            },
        },
    }


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "if": {"required": ["a"]}, "then": {"required": ["b"]}},
        {"type": ["integer", "boolean"]},
        {"type": "object", "propertyNames": {"pattern": "^a"}},
        {"type": "object", "oneOf": [{"minProperties": 1}]},
    ],
)
def test_a_rule_without_structural_form_is_refused_rather_than_lost(schema):
    with pytest.raises(NotStructuralError):
        structural(schema)


@pytest.mark.parametrize(
    ("own", "real", "sentence"),
    [
        ({"properties": {"a": {}}}, {"properties": {"b": {}}}, "spec.a: the CRD has no such field"),
        ({}, {"required": ["a"]}, "spec: the CRD requires a"),
        ({"type": "integer"}, {"type": "string"}, "spec: the CRD's type is string"),
        ({"enum": ["a", "b"]}, {"enum": ["a"]}, "spec: the CRD doesn't allow b"),
        ({"type": "string"}, {"type": "string", "enum": ["a"]}, "spec: the CRD allows only a"),
        ({"maximum": 9}, {"type": "integer", "maximum": 5}, "spec: the CRD's maximum is 5"),
        ({}, {"type": "array", "minItems": 1}, "spec: the CRD's minItems is 1"),
        (
            {"items": {"properties": {"a": {}}}},
            {"type": "array", "items": {"properties": {}}},
            "spec[].a: the CRD has no such field",
        ),
    ],
)
def test_what_a_crd_refuses_and_ours_allows_is_told(own, real, sentence):
    assert list(disagreements(own, real)) == [sentence]


def test_a_stricter_schema_agrees():
    own = {"type": "object", "required": ["a"], "properties": {"a": {"const": 3}}}
    real = {"type": "object", "properties": {"a": {"type": "integer", "minimum": 1}, "b": {}}}
    assert not list(disagreements(own, real))
