"""CustomResourceDefinitions: the controllers' own where a registry has them, else stand-ins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from rf.shared.cluster.objects import Document
from rf.shared.cluster.structural import structural

KIND = "CustomResourceDefinition"

Identity = tuple[str, str]
"""`apiVersion` and `kind` of a custom resource."""


class _Loader(yaml.CSafeLoader):
    """Reads `=`, an operator in one CRD, as text: in YAML 1.1 it has a type of its own."""


_Loader.add_constructor("tag:yaml.org,2002:value", _Loader.construct_scalar)


@dataclass(frozen=True, kw_only=True)
class Definitions:
    """Those that a set of objects needs. `stand_ins` are made from `rf/shared/schemas`."""

    own: tuple[Document, ...]
    stand_ins: tuple[Document, ...]

    @property
    def all(self) -> tuple[Document, ...]:
        """Both."""
        return (*self.own, *self.stand_ins)


@cache
def read_definitions(folder: Path) -> Mapping[Identity, Document]:
    """Every CustomResourceDefinition under a folder, by each version that it serves."""
    found: dict[Identity, Document] = {}
    for path in sorted(folder.rglob("*.yaml")):
        for document in yaml.load_all(path.read_text("utf-8"), Loader=_Loader):
            if not isinstance(document, Mapping) or document.get("kind") != KIND:
                continue
            for version in document["spec"]["versions"]:
                found[_identity(document, version["name"])] = document
    return found


def described_kinds() -> dict[Identity, Mapping[str, Any]]:
    """The schemas of `rf/shared/schemas`, each of one kind's spec."""
    return read_kinds(files("rf.shared.schemas"))


def read_kinds(folder: Traversable) -> dict[Identity, Mapping[str, Any]]:
    """The schemas in such a folder, by what their files are called."""
    found: dict[Identity, Mapping[str, Any]] = {}
    for path in folder.iterdir():
        if path.name.endswith(".yaml"):
            group, version, kind = path.name.removesuffix(".yaml").split("_")
            found[(f"{group}/{version}", kind)] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def definitions_for(documents: Iterable[Document], folder: Path) -> Definitions:
    """What the custom resources among these need: from the folder, the rest as stand-ins."""
    available, described = read_definitions(folder), described_kinds()
    own: dict[str, Document] = {}
    stand_ins: dict[str, Document] = {}
    for document in documents:
        identity = (document["apiVersion"], document["kind"])
        if identity in available:
            definition = available[identity]
            own[definition["metadata"]["name"]] = definition
        elif identity in described:
            definition = _stand_in(document, described[identity])
            stand_ins[definition["metadata"]["name"]] = definition
    return Definitions(own=tuple(own.values()), stand_ins=tuple(stand_ins.values()))


def spec_schema(definition: Document, version: str) -> Mapping[str, Any]:
    """The schema that a definition has for `spec` in one of its versions."""
    for each in definition["spec"]["versions"]:
        if each["name"] == version:
            return each["schema"]["openAPIV3Schema"]["properties"]["spec"]
    raise KeyError(version)


def _identity(definition: Document, version: str) -> Identity:
    spec = definition["spec"]
    return f"{spec['group']}/{version}", spec["names"]["kind"]


def _stand_in(document: Document, schema: Mapping[str, Any]) -> Document:
    group, version = document["apiVersion"].split("/")
    kind = document["kind"]
    # The controllers' plurals may be others; nothing here asks by them.
    singular, plural = kind.lower(), f"{kind.lower()}s"
    status = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    whole = {
        "type": "object",
        "required": ["spec"],
        "properties": {"spec": structural(schema), "status": status},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": KIND,
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced" if "namespace" in document["metadata"] else "Cluster",
            "names": {
                "kind": kind,
                "listKind": f"{kind}List",
                "plural": plural,
                "singular": singular,
            },
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": True,
                    "subresources": {"status": {}},
                    "schema": {"openAPIV3Schema": whole},
                }
            ],
        },
    }
