"""The schemas that a preview checks custom resources by are no laxer than the controllers' own."""

from __future__ import annotations

from pathlib import Path

import pytest

from rf.shared.cluster.definitions import described_kinds, read_definitions, spec_schema
from scaleplan.versions.table import load_versions
from tests.apiserver.conftest import Note
from tests.apiserver.objects.agreement import disagreements

pytestmark = pytest.mark.kubernetes


def test_no_schema_allows_what_its_crd_refuses(definitions_folder: Path, note: Note):
    definitions, described = read_definitions(definitions_folder), described_kinds()
    found = {
        (*identity, sentence)
        for identity, own in described.items()
        if identity in definitions
        for sentence in disagreements(own, _spec_schema(definitions[identity], identity[0]))
    }
    assert described.keys() & definitions.keys()
    assert not found
    missing = sorted(kind for _, kind in described.keys() - definitions.keys())
    compared = len(described) - len(missing)
    note(f"{compared} schemas agree with their CRD; no registry has that of {', '.join(missing)}")


MODULES = {
    "keda": "github.com/kedacore/keda/v2",
    "karpenter-crd": "github.com/aws/karpenter-provider-aws",
    "prometheus-operator-crds": "github.com/prometheus-operator/prometheus-operator",
}
"""The module that has the CRDs of a chart."""


@pytest.mark.parametrize("chart", MODULES)
def test_the_table_of_charts_lists_each_crd_with_what_it_serves(definitions_folder: Path, chart):
    listed = load_versions().pin(chart).definitions
    assert listed is not None
    found = {
        each["metadata"]["name"]: (each["spec"]["names"]["kind"], _served(each))
        for each in read_definitions(definitions_folder / MODULES[chart]).values()
    }
    assert found == {name: (each.kind, each.serves) for name, each in listed.crds.items()}


def _served(definition) -> tuple[str, ...]:
    """API versions that are served, the stored one first."""
    served = [each for each in definition["spec"]["versions"] if each["served"]]
    return tuple(each["name"] for each in sorted(served, key=lambda each: not each["storage"]))


def _spec_schema(definition, api_version: str):
    return spec_schema(definition, api_version.rsplit("/", 1)[1])
