"""What a runbook does about CRDs, on a real API server: why it is needed, and that it is enough."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from rf.grow.chart_parts import stored_anew
from rf.shared.cluster.objects import ClusterClient, Document, RefusedError
from rf.shared.servers.processes import wait_until

pytestmark = pytest.mark.kubernetes

NAME = "bindings.raised.example.com"


def definition(*versions: str, fields: tuple[str, ...] = ("a",)) -> Document:
    """The CRD that serves these versions, and stores objects as the first."""
    properties = {field: {"type": "string"} for field in fields}
    spec = {"type": "object", "properties": properties}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": NAME},
        "spec": {
            "group": "raised.example.com",
            "scope": "Cluster",
            "names": {"kind": "Binding", "plural": "bindings"},
            "versions": [
                {"name": each, "served": True, "storage": each == versions[0], "schema": schema}
                for each in versions
            ],
        },
    }


def binding(version: str, **spec: str) -> Document:
    api = f"raised.example.com/{version}"
    return {"apiVersion": api, "kind": "Binding", "metadata": {"name": "one"}, "spec": spec}


@pytest.fixture
def crds(cluster: ClusterClient) -> Iterator[ClusterClient]:
    yield cluster
    cluster.delete(definition("v1"))
    cluster.wait_until_gone(definition("v1"))


def known(cluster: ClusterClient, version: str) -> None:
    wait_until(lambda: cluster.serves(binding(version)), f"{version} is served")


def test_a_version_leaves_a_crd_once_every_object_is_stored_anew_and_not_before(crds):
    crds.apply(definition("v1beta1", "v1"))
    known(crds, "v1beta1")
    crds.apply(binding("v1beta1", a="kept"))
    crds.apply(definition("v1", "v1beta1"))
    with pytest.raises(RefusedError, match=r"storedVersions.*v1beta1"):
        crds.apply(definition("v1"))

    look, rewrite, forget = stored_anew(NAME, "v1")
    path = re.search(r"jsonpath='\{\.(\w+)\.(\w+)\}'", look)
    assert path
    found: Any = crds.find(definition("v1"))
    assert found[path[1]][path[2]] == ["v1beta1", "v1"]
    assert rewrite.startswith(f"kubectl get {NAME} -A -o json | kubectl replace -f -")
    objects: Any = crds.read("/apis/raised.example.com/v1/bindings")
    for each in objects["items"]:
        crds.change(each, each)
    patch = re.search(r"--subresource=(\w+) --type=merge -p '(.+)'", forget)
    assert patch
    crds.change(definition("v1"), json.loads(patch[2]), patch[1])

    crds.apply(definition("v1"))
    kept: Any = crds.find(binding("v1"))
    assert kept["spec"] == {"a": "kept"}


def test_an_object_with_a_new_field_waits_for_the_raised_crd(crds):
    """What a newer controller's objects meet where Helm left the CRD of a folder as it was."""
    crds.apply(definition("v1"))
    known(crds, "v1")
    with pytest.raises(RefusedError, match=r"field not declared in schema|unknown field"):
        crds.apply(binding("v1", a="x", b="y"))
    crds.apply(definition("v1", fields=("a", "b")))
    wait_until(lambda: _takes(crds, binding("v1", a="x", b="y")), "the new field is known")


def _takes(cluster: ClusterClient, document: Document) -> bool:
    try:
        cluster.apply(document)
    except RefusedError:
        return False
    return True
