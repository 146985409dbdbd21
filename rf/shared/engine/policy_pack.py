"""The project's policy pack, as the engine asks it.

Pulumi's host for Python, which starts a pack, is not built here. The engine takes a program in a
pack's place, and reads from it the port where an analyzer answers (NewPolicyAnalyzer in
pkg/v3/resource/plugin/analyzer_plugin.go, since 3.255.0). So the pack runs beside the engine, by
the same module of the SDK and with the same variables as under that host, and what the engine
starts only names the port.
"""

from __future__ import annotations

import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rf.shared.servers.processes import Process, printed_port

# The shell's own commands alone, for the engine's PATH is empty. It ends with the engine, which
# holds the other end of its input.
_PROGRAM = "#!/bin/sh\necho {port}\nread -r _\n"


@contextmanager
def policy_pack(
    pack: Path,
    folder: Path,
    *,
    project: str,
    stack: str,
    config: Mapping[str, str],
    preview: bool,
) -> Iterator[Path]:
    """What `--policy-pack` has to name for one run of the engine; the pack answers meanwhile.

    What it needs goes below `folder`. `config` is the stack's, without secrets: no rule needs one.
    Raises RuntimeError with what the pack said where it does not start.
    """
    own = Path(tempfile.mkdtemp(prefix="policy-", dir=folder))
    process = Process(
        [sys.executable, "-u", "-m", "pulumi.policy", "", str(pack)],
        own / "log",
        signal.SIGINT,
        as_nobody=False,
        environment={
            "TMPDIR": str(own),
            "PULUMI_PROJECT": project,
            "PULUMI_STACK": stack,
            "PULUMI_DRY_RUN": json.dumps(preview),
            "PULUMI_CONFIG": json.dumps(dict(config)),
        },
    )
    try:
        program = own / "pack"
        program.write_text(_PROGRAM.format(port=printed_port(process)))
        program.chmod(0o700)
        # Beside the program the engine looks for the pack's version and description.
        shutil.copy(pack / "PulumiPolicy.yaml", own)
        yield program
    finally:
        process.stop()
