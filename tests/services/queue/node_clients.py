"""The real Bull and BullMQ, which `.ci/node-clients` installs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rf.shared.project import PROJECT_ROOT
from rf.shared.servers.programs import MissingServersError

SCRIPT = Path(__file__).parent / "node" / "jobs.cjs"


@dataclass(frozen=True)
class NodeClients:
    """Node.js, and the folder of the libraries. `authority` is whom they trust besides."""

    node: str
    modules: Path
    authority: Path | None = None

    def run(
        self, client: str, *steps: Mapping[str, Any], url: str, prefix: str, queue: str
    ) -> dict[str, Any]:
        """What came of the steps (see the script). Raises AssertionError with what went wrong."""
        asked = {"client": client, "url": url, "prefix": prefix, "queue": queue, "steps": steps}
        trusted = {"NODE_EXTRA_CA_CERTS": str(self.authority)} if self.authority else {}
        result = subprocess.run(
            [self.node, str(SCRIPT)],
            input=json.dumps(asked),
            env=os.environ | {"NODE_PATH": str(self.modules)} | trusted,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)


def find_node_clients() -> NodeClients:
    """Raises MissingServersError, which says what is missing and how to get it."""
    given = os.environ.get("RESEARCHFLOW_NODE_CLIENTS")
    modules = Path(given or PROJECT_ROOT / ".cache" / "node") / "node_modules"
    node = shutil.which("node")
    if node is None or not all((modules / name).is_dir() for name in ("bull", "bullmq")):
        raise MissingServersError("no Node.js with bull and bullmq: run .ci/node-clients")
    return NodeClients(node, modules)
