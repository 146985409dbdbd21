"""Where the project stands on this machine, and the folder of what can be made anew."""

from __future__ import annotations

from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[2]
"""Where `Pulumi.yaml` and `__main__.py` stand, wherever the command was started."""

PROGRAM = PROJECT_ROOT / "__main__.py"

CACHE = PROJECT_ROOT / ".cache"
"""What was fetched or worked out once; git ignores it, and deleting it loses only time."""
