"""What the scanners read, written into a folder: objects, schemas, IAM documents, rules of alerts.

Nothing of it is a secret: the recorded plan invents what a deployment would know.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml

from rf.export.writer import files_of
from rf.kubernetes.helm import RELEASE
from rf.shared.plan import RecordedPlan, RecordedResource, reveal
from rf.shared.project import PROJECT_ROOT

ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
PROMETHEUS_RULE = "kubernetes:monitoring.coreos.com/v1:PrometheusRule"
STACK_CHART = "kube-prometheus-stack"

OWN_SCHEMAS = PROJECT_ROOT / "rf/shared/schemas"
"""Of the custom resources, from their definitions."""

_DEFINITIONS = "/api/_definitions.json"
_POINTED = re.compile(r'"#/\$defs/([^"]+)"')


@dataclass(frozen=True, kw_only=True)
class Material:
    """Folders and files of all stacks; those of one stack are named after it."""

    folder: Path
    stacks: tuple[str, ...]

    @property
    def objects(self) -> Path:
        """Kubernetes objects, a folder a stack."""
        return self.folder / "kubernetes"

    @property
    def schemas(self) -> Path:
        """JSON schemas, by kubeconform's names."""
        return self.folder / "schemas"

    @property
    def policies(self) -> Path:
        """IAM policies, but for trust policies, as STACK.TYPE.NAME.json."""
        return self.folder / "policies"

    def account(self, stack: str) -> Path:
        """Roles and their policies, as `aws iam get-account-authorization-details` has them."""
        return self.folder / f"{stack}.account.json"

    def rules(self, stack: str) -> Path:
        """Rules of Prometheus."""
        return self.folder / f"{stack}.rules.yaml"

    def alertmanager(self, stack: str) -> Path:
        """Alertmanager's configuration."""
        return self.folder / f"{stack}.alertmanager.yaml"


def write_material(folder: Path, plans: Mapping[str, tuple[RecordedPlan, str]]) -> Material:
    """Write what scanners read of these plans, each with its Kubernetes version (1.35)."""
    material = Material(folder=folder, stacks=tuple(plans))
    kinds: dict[tuple[str, str], str] = {}
    for stack, (plan, version) in plans.items():
        for path, text in files_of(plan).items():
            if path.startswith("kubernetes/"):
                _write(material.objects / stack / path.removeprefix("kubernetes/"), text)
        for each in plan.resources:
            if "kind" in each.inputs and "apiVersion" in each.inputs:
                kinds[str(each.inputs["apiVersion"]), str(each.inputs["kind"])] = version
        for name, document in _policies(plan):
            _write(material.policies / f"{stack}.{name}.json", document)
        _write(material.account(stack), json.dumps(_account(plan)))
        _write_alerting(material, stack, plan)
    for (api_version, kind), version in kinds.items():
        schema = _schema(api_version, kind, version)
        _write(material.schemas / _schema_name(api_version, kind), json.dumps(schema))
    return material


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _policies(plan: RecordedPlan) -> Iterator[tuple[str, str]]:
    for each in plan.resources:
        for key in ("policy", "policyDocument"):
            document = reveal(each.inputs).get(key)
            if isinstance(document, str) and '"Statement"' in document:
                yield f"{each.type.rpartition(':')[2]}.{each.name}", document


def _account(plan: RecordedPlan) -> dict[str, Any]:
    # Policies of AWS' own are left out: a rule of the pack says which may be used at all.
    roles = {each.urn: _role(each) for each in plan.of_type(ROLE)}
    for each in plan.of_type(ROLE_POLICY):
        (urn,) = (one for one in each.property_dependencies["role"] if one in roles)
        document = json.loads(reveal(each.inputs)["policy"])
        roles[urn]["RolePolicyList"].append({"PolicyName": each.name, "PolicyDocument": document})
    return {
        "UserDetailList": [],
        "GroupDetailList": [],
        "RoleDetailList": list(roles.values()),
        "Policies": [],
    }


def _role(resource: RecordedResource) -> dict[str, Any]:
    return {
        "Path": "/",
        "RoleName": resource.name,
        "RoleId": f"AROA{resource.name.upper()}",
        "Arn": f"arn:aws:iam::123456789012:role/{resource.name}",
        "CreateDate": "2026-01-01T00:00:00Z",
        "AssumeRolePolicyDocument": json.loads(reveal(resource.inputs)["assumeRolePolicy"]),
        "InstanceProfileList": [],
        "RolePolicyList": [],
        "AttachedManagedPolicies": [],
        "Tags": [],
    }


def _write_alerting(material: Material, stack: str, plan: RecordedPlan) -> None:
    groups = [
        group
        for each in plan.of_type(PROMETHEUS_RULE)
        for group in reveal(each.inputs)["spec"]["groups"]
    ]
    _write(material.rules(stack), yaml.safe_dump({"groups": groups}))
    for each in plan.of_type(RELEASE):
        inputs = reveal(each.inputs)
        if inputs["name"] == STACK_CHART:
            config = inputs["values"]["alertmanager"]["config"]
            _write(material.alertmanager(stack), yaml.safe_dump(config))


def _schema_name(api_version: str, kind: str) -> str:
    """As kubeconform's template `{{.ResourceKind}}{{.KindSuffix}}.json` names it."""
    group, _, version = api_version.rpartition("/")
    parts = [kind, *([group.split(".")[0]] if group else []), version]
    return f"{'-'.join(parts).lower()}.json"


def _schema(api_version: str, kind: str, version: str) -> dict[str, Any]:
    """One that stands alone: the definitions that it points to are in it."""
    own = OWN_SCHEMAS / f"{api_version.replace('/', '_')}_{kind}.yaml"
    folder = files(kubernetes_validate) / f"kubernetes-json-schema/v{version}.0-local-strict"
    shared = json.loads((folder / "_definitions.json").read_text(encoding="utf-8"))["$defs"]
    if not own.is_file():
        text = (folder / _schema_name(api_version, kind)).read_text(encoding="utf-8")
        whole = json.loads(text.replace(_DEFINITIONS, ""))
        return whole | {"$defs": dict(_needed(whole, shared))}
    spec = yaml.safe_load(own.read_text(encoding="utf-8"))
    metadata = {"$ref": "#/$defs/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}
    own_definitions = spec.pop("$defs", {})
    return {
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": False,
        "properties": {
            "apiVersion": {"const": api_version},
            "kind": {"const": kind},
            "metadata": metadata,
            "spec": spec,
        },
        "$defs": dict(_needed(metadata, shared)) | own_definitions,
    }


def _needed(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Those of the definitions that the schema points to, straight or through others: compiling all
    of them for each kind would take most of a run."""
    open_names, seen = _references(schema), set[str]()
    while open_names:
        name = open_names.pop()
        if name not in seen:
            seen.add(name)
            open_names |= _references(definitions[name])
            yield name, definitions[name]


def _references(schema: Any) -> set[str]:
    return set(_POINTED.findall(json.dumps(schema)))
