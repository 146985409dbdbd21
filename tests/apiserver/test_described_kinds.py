"""The schemas that a preview checks custom resources by are no laxer than the controllers' own."""

from __future__ import annotations

from pathlib import Path

import pytest

from rf.shared.cluster.definitions import described_kinds, read_definitions, spec_schema
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


def _spec_schema(definition, api_version: str):
    return spec_schema(definition, api_version.rsplit("/", 1)[1])
