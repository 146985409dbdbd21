"""What a stack answers by Pulumi's command line: its state, and the plain text of its secrets."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from tools.approval.plan import digest

_ENCRYPTION = ("secretsprovider", "encryptedkey", "encryptionsalt")
"""What of a stack's file says how its secrets are encrypted, and with which key."""

_KEY = "approval:plan"


class PulumiError(Exception):
    """Pulumi's command line did not do what it was asked; holds its own words."""


class StackCommands:
    """A stack of the project in the working directory."""

    def __init__(self, name: str) -> None:
        self.name = name

    def state(self) -> str:
        """A digest of the resources that the state has, pending ones too. Raises PulumiError."""
        deployment = json.loads(self._asked("stack", "export")).get("deployment") or {}
        parts = ("resources", "pending_operations")
        return digest({part: deployment.get(part) or [] for part in parts})

    def decrypted(self, ciphertexts: Iterable[str]) -> dict[str, str]:
        """The plain texts of what the stack's provider encrypted; they are in memory alone.

        Raises PulumiError.
        """
        known = dict.fromkeys(ciphertexts)
        if not known:
            return {}
        with TemporaryDirectory() as folder:
            file = Path(folder) / "ciphertexts.yaml"
            secure = {f"approval:s{at}": {"secure": text} for at, text in enumerate(known)}
            self._write(file, secure)
            shown = self._asked("config", "--show-secrets", "--json", "--config-file", str(file))
        values = json.loads(shown)
        return {text: values[f"approval:s{at}"]["value"] for at, text in enumerate(known)}

    def seal(self, text: str, file: Path) -> None:
        """Write the text to a file that only who may decrypt the stack's secrets can read.

        Raises PulumiError.
        """
        self._write(file, {})
        self._asked("config", "set", "--secret", _KEY, "--config-file", str(file), given=text)

    def unseal(self, file: Path) -> str:
        """What `seal` wrote. Raises PulumiError."""
        return self._asked("config", "get", _KEY, "--config-file", str(file))

    def _write(self, file: Path, config: Mapping[str, Any]) -> None:
        """A stack's file with this config, encrypted as the stack's own."""
        own = yaml.safe_load(Path(f"Pulumi.{self.name}.yaml").read_text(encoding="utf-8"))
        encryption = {key: own[key] for key in _ENCRYPTION if key in own}
        file.write_text(yaml.safe_dump({**encryption, "config": dict(config)}), encoding="utf-8")

    def _asked(self, *words: str, given: str = "") -> str:
        command = ["pulumi", "--non-interactive", *words, "--stack", self.name]
        answer = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
        if answer.returncode != 0:
            raise PulumiError(f"pulumi {' '.join(words[:2])}: {answer.stderr.strip()}")
        return answer.stdout
