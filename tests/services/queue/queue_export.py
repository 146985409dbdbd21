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

from rf.shared.project import PROJECT_ROOT
from rf.shared.servers.redis_servers import RedisLayer, layer_of

STACK = "prod"
CLIENTS = "queue.clients=[bullmq,bull,rq]"


@dataclass(frozen=True, kw_only=True)
class ExportedQueue:
    """`layers` are `cache` and `queue`; `triggers` those of KEDA on Redis, by name."""

    layers: Mapping[str, RedisLayer]
    triggers: Mapping[str, str]
    formula: str
    config: Mapping[str, str]


def export_queue(out: Path) -> ExportedQueue:
    """Export to `out`, as anyone does, and read what is there."""
    command = [sys.executable, "-m", "rf", "export", "--stack", STACK, "--out", str(out)]
    result = subprocess.run(
        [*command, "--set", CLIENTS], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    resources = json.loads((out / "plan.json").read_text("utf-8"))["resources"]
    spec = _object(out, "scaledobject/worker")["spec"]
    return ExportedQueue(
        layers={name: layer_of(name, resources) for name in ("cache", "queue")},
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
