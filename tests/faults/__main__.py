"""Plants every fault and prints who caught it: `python -m tests.faults`.

Exit code 1 where one is not caught.
"""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Table

import researchflow_testing  # noqa: F401 - the SDKs, which a kept plan comes without
from rf.shared.stacks import plan_of
from tests.faults import FAULTS
from tests.faults.fault import Bench


def main() -> int:
    """Print the table and the count; 0 where all are caught."""
    bench = Bench(plan_of)
    table = Table("fault", "stack", "must be caught by", "caught")
    caught = 0
    for fault in FAULTS:
        is_caught = fault.caught(bench)
        caught += is_caught
        table.add_row(
            fault.name, fault.stack, fault.caught_by, "[green]yes[/]" if is_caught else "[red]no[/]"
        )
    console = Console()
    console.print(table)
    console.print(f"{caught} / {len(FAULTS)} caught")
    return 0 if caught == len(FAULTS) else 1


if __name__ == "__main__":
    sys.exit(main())
