"""`python -m tools.scan`: runs outside scanners, and holds what they find against a list.

Exit code 1 where one finds what the list hasn't, or an entry fits nothing; 2 where a scanner is
missing or has no result, or the list can't be read.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

import researchflow_testing  # noqa: F401 - the SDKs, which a kept plan comes without
from rf.shared.files import temporary_folder
from rf.shared.plan import RecordedPlan
from rf.shared.stacks import plan_of, serving_overrides, settings_of
from rf.shared.termination import stopping_cleanly
from tools.scan.finding import Finding, ListInputError, Verdict, read_by_design, verdict
from tools.scan.material import write_material
from tools.scan.scanners import Scanner, ScannerError, scanners

STACKS = ("dev", "staging", "prod", "prod-dr")
"""One of each size, and a recovery site, as it is once it took over."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Scan, print, and return the exit code."""
    known = {each.name: each for each in scanners()}
    parser = argparse.ArgumentParser(prog="python -m tools.scan", description=__doc__)
    parser.add_argument("tools", nargs="*", help=f"of {', '.join(known)}; all of them by default")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.tools) - known.keys():
        parser.error(f"no scanner is called {', '.join(sorted(unknown))}")
    chosen = [each for name, each in known.items() if not asked.tools or name in asked.tools]
    console = Console()
    try:
        with stopping_cleanly():
            found = _scan(chosen, console)
    except (ScannerError, ListInputError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    _show(found, console)
    return 1 if found.fails else 0


def _scan(chosen: Sequence[Scanner], console: Console) -> Verdict:
    by_design = read_by_design()
    missing = [each.name for each in chosen if not each.program.is_file()]
    if missing:
        raise ScannerError(f"missing: {', '.join(missing)}; run .ci/scan/build and .ci/exporters")
    findings: list[Finding] = []
    with temporary_folder("what is scanned", "researchflow-scan-") as folder:
        material = write_material(folder, {stack: _planned(stack) for stack in STACKS})
        for each in chosen:
            began = time.monotonic()
            found = list(each.scan(each.program, material))
            findings += found
            took = time.monotonic() - began
            console.print(f"{each.name}: {len(found)} findings in {took:.0f} s", highlight=False)
    return verdict(findings, by_design, {each.name for each in chosen})


def _planned(stack: str) -> tuple[RecordedPlan, str]:
    overrides = serving_overrides(stack)
    version = settings_of(stack, overrides=overrides).kubernetes_version
    return plan_of(stack, overrides=overrides), version


def _show(found: Verdict, console: Console) -> None:
    if found.unexpected:
        table = Table("tool", "check", "resource", "what it says", title="not on the list")
        for each in found.unexpected:
            table.add_row(each.tool, each.check, each.resource, escape(each.message))
        console.print(table)
    for each in found.idle:
        console.print(
            f"on the list, and not found: {each.tool} {each.check} {each.resource}", markup=False
        )
    console.print(f"{found.by_design} findings by design, {len(found.unexpected)} that are not")


if __name__ == "__main__":
    sys.exit(main())
