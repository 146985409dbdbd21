"""Calls of Pulumi's command line, in an environment of their own."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from pulumi.automation import CommandResult, PulumiCommand
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

from rf.shared.engine.binaries import EngineBinaries
from rf.shared.termination import begin, end_beside_readers

Listener = Callable[[str], object]


_WITH_A_PROGRAM = ("preview", "up", "refresh", "destroy")
"""Commands that may run the program, or ask its language for plugins."""


class EngineCommand(PulumiCommand):
    """As the Automation API's own, but nothing of the shell's environment gets there, and an
    engine that still runs ends with whatever stops this process.

    `program` is the address at which the program is served; the engine starts no language host.
    """

    def __init__(self, binaries: EngineBinaries, environment: Mapping[str, str]) -> None:
        self.command = str(binaries.pulumi)
        self.version = VersionInfo.parse(binaries.version)
        self._environment = environment
        self.program = ""

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Listener | None = None,
        on_error: Listener | None = None,
    ) -> CommandResult:
        """Run a command to its end. Raises CommandError for one that fails."""
        environment = {**additional_env, **self._environment, "PULUMI_AUTOMATION_API": "true"}
        client = [f"--client={self.program}"] if args[0] in _WITH_A_PROGRAM else []
        arguments = [self.command, "--non-interactive", *args, *client]
        with begin(
            "Pulumi's engine",
            lambda: subprocess.Popen(
                arguments,
                cwd=cwd,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                # Ctrl-C is for our process, which then ends this one.
                start_new_session=True,
            ),
            end_beside_readers,
        ) as process:
            output, errors = _Reader(process.stdout, on_output), _Reader(process.stderr, on_error)
            # To the end, before the pipes are closed.
            texts = output.text(), errors.text()
            code = process.wait()
        result = CommandResult(stdout=texts[0], stderr=texts[1], code=code)
        if code != 0:
            raise create_command_error(result)
        return result


class _Reader:
    """Reads a stream to its end, line by line, beside whatever else is done."""

    def __init__(self, stream: IO[str] | None, listener: Listener | None) -> None:
        self._lines: list[str] = []
        self._thread = threading.Thread(target=self._read, args=(stream, listener), daemon=True)
        self._thread.start()

    def text(self) -> str:
        """All of it, once the stream has ended."""
        self._thread.join()
        return "\n".join(self._lines)

    def _read(self, stream: IO[str] | None, listener: Listener | None) -> None:
        for line in stream or ():
            self._lines.append(line.rstrip())
            if listener is not None:
                listener(self._lines[-1])


def environment_of(
    home: Path, backend: Path, passphrase: str, providers: Mapping[str, int]
) -> dict[str, str]:
    """Everything that an engine knows of its surroundings.

    Providers are attached by address alone: no plugin on PATH or in a folder is ever started.
    """
    attached = ",".join(f"{package}:{port}" for package, port in sorted(providers.items()))
    return {
        "PATH": "",
        "HOME": str(home),
        "TMPDIR": str(home),
        "PULUMI_HOME": str(home / "pulumi"),
        "PULUMI_BACKEND_URL": f"file://{backend}",
        "PULUMI_CONFIG_PASSPHRASE": passphrase,
        "PULUMI_DEBUG_PROVIDERS": attached,
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
    }
