"""Production's Redis and ScaledObject as exported, with every library that a stack may name."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.services.programs import ROOT

STACK = "prod"
CLIENTS = "queue.clients=[bullmq,bull,rq]"

_GROUP = "aws:elasticache/parameterGroup:ParameterGroup"
_USER = "aws:elasticache/user:User"


@dataclass(frozen=True, kw_only=True)
class Layer:
    """What the program asks of ElastiCache for one Redis: parameters, and access by user."""

    parameters: Mapping[str, str]
    access: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class ExportedQueue:
    """`layers` are `cache` and `queue`; `triggers` those of KEDA on Redis, by name."""

    layers: Mapping[str, Layer]
    triggers: Mapping[str, str]
    formula: str
    config: Mapping[str, str]


def export_queue(out: Path) -> ExportedQueue:
    """Export to `out`, as anyone does, and read what is there."""
    command = [sys.executable, "-m", "rf", "export", "--stack", STACK, "--out", str(out)]
    result = subprocess.run(
        [*command, "--set", CLIENTS], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    resources = json.loads((out / "plan.json").read_text("utf-8"))["resources"]
    spec = _object(out, "scaledobject/worker")["spec"]
    return ExportedQueue(
        layers={name: _layer(name, resources) for name in ("cache", "queue")},
        triggers={
            trigger["name"]: trigger["metadata"]["listName"]
            for trigger in spec["triggers"]
            if trigger["type"] == "redis"
        },
        formula=spec["advanced"]["scalingModifiers"]["formula"],
        config=_object(out, "configmap/application-config")["data"],
    )


def _object(out: Path, name: str) -> dict[str, Any]:
    return yaml.safe_load((out / "kubernetes" / f"{name}.yaml").read_text("utf-8"))


def _layer(name: str, resources: list[dict[str, Any]]) -> Layer:
    own = [resource for resource in resources if resource["name"].startswith(f"{name}-")]
    (group,) = [resource["inputs"] for resource in own if resource["type"] == _GROUP]
    users = [resource["inputs"] for resource in own if resource["type"] == _USER]
    return Layer(
        parameters={entry["name"]: entry["value"] for entry in group["parameters"]},
        access={user["userName"]: user["accessString"] for user in users},
    )
