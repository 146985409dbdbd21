"""The scanners: where each is, and how it is run, with no network."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rf.shared.files import temporary_folder
from rf.shared.project import PROJECT_ROOT
from rf.shared.termination import begin, end_process
from tools.scan.finding import Finding
from tools.scan.material import Material
from tools.scan.readers import (
    read_bandit,
    read_checkov,
    read_cloudsplaining,
    read_gitleaks,
    read_kubeconform,
    read_parliament,
)

SOURCES = (
    "apps/worker/main.py",
    "apps/worker/researchflow_worker",
    "components",
    "policy",
    "rendering",
    "rf",
    "scaleplan",
    "settings.py",
    "tools",
    "wiring",
)
"""What of Python runs in pods, on people's machines and in workflows; tests are what they are."""


class ScannerError(Exception):
    """A scanner is missing, or ended without a result."""


@dataclass(frozen=True, kw_only=True)
class Scanner:
    """One scanner: its name in the list of what is by design, its program, and its run."""

    name: str
    program: Path
    scan: Callable[[Path, Material], Iterator[Finding]]


def scanners() -> tuple[Scanner, ...]:
    """All, as `.ci/scan/build` makes them; promtool is that of `.ci/exporters`."""
    folder = Path(os.environ.get("RESEARCHFLOW_SCANNERS") or PROJECT_ROOT / ".cache/scan")
    exporters = Path(os.environ.get("RESEARCHFLOW_EXPORTERS") or PROJECT_ROOT / ".cache/exporters")
    python = folder / "python/bin"
    rows = (
        ("checkov", python / "checkov", _checkov),
        ("kubeconform", folder / "kubeconform/kubeconform", _kubeconform),
        ("parliament", python / "parliament", _parliament),
        ("cloudsplaining", python / "cloudsplaining", _cloudsplaining),
        ("promtool", exporters / "promtool/promtool", _promtool),
        ("amtool", folder / "amtool/amtool", _amtool),
        ("gitleaks", folder / "gitleaks/gitleaks", _gitleaks),
        ("bandit", python / "bandit", _bandit),
    )
    return tuple(Scanner(name=name, program=program, scan=scan) for name, program, scan in rows)


def _checkov(program: Path, material: Material) -> Iterator[Finding]:
    options = ["--output", "json", "--quiet", "--compact"]
    # It would else ask its maker for guidelines, and tell it of the run.
    options += ["--skip-download"]
    objects = ["--framework", "kubernetes", "--directory", material.objects]
    yield from read_checkov(_run([program, *objects, *options], {0, 1}))
    images = ["--framework", "dockerfile", "--directory", "apps", "--skip-path", "node_modules"]
    yield from read_checkov(_run([program, *images, *options], {0, 1}))


def _kubeconform(program: Path, material: Material) -> Iterator[Finding]:
    schemas = f"{material.schemas}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"
    options = ["-output", "json", "-strict", "-schema-location", schemas]
    yield from read_kubeconform(_run([program, *options, material.objects], {0, 1}))


def _parliament(program: Path, material: Material) -> Iterator[Finding]:
    yield from read_parliament(_run([program, "--directory", material.policies, "--json"], {0, 1}))


def _cloudsplaining(program: Path, material: Material) -> Iterator[Finding]:
    for stack in material.stacks:
        output = material.folder / "cloudsplaining" / stack
        output.mkdir(parents=True)
        options = ["--input-file", material.account(stack), "--output", output]
        options += ["--skip-open-report"]
        _run([program, "scan", *options], {0})
        (result,) = output.glob("iam-results-*.json")
        yield from read_cloudsplaining(result.read_text(encoding="utf-8"))


def _promtool(program: Path, material: Material) -> Iterator[Finding]:
    for stack in material.stacks:
        rules = material.rules(stack)
        command = [program, "check", "rules", "--lint=all", "--lint-fatal", rules]
        yield from _passes("promtool", "check-rules", command)


def _amtool(program: Path, material: Material) -> Iterator[Finding]:
    for stack in material.stacks:
        command = [program, "check-config", material.alertmanager(stack)]
        yield from _passes("amtool", "check-config", command)


def _passes(tool: str, check: str, command: Sequence[str | Path]) -> Iterator[Finding]:
    """A check that says in words what is wrong, of the file that comes last."""
    code, output, errors = _ended(command)
    if code:
        resource = Path(command[-1]).name.partition(".")[2]
        yield Finding(tool=tool, check=check, resource=resource, message=f"{output}{errors}")


def _gitleaks(program: Path, material: Material) -> Iterator[Finding]:
    report = material.folder / "gitleaks.json"
    options = ["--redact", "--no-banner", "--log-level", "warn", "--exit-code", "0"]
    options += ["--report-format", "json", "--report-path", str(report)]
    _run([program, "git", *options, PROJECT_ROOT], {0})
    yield from read_gitleaks(report.read_text(encoding="utf-8"))


def _bandit(program: Path, _: Material) -> Iterator[Finding]:
    command = [program, "--quiet", "--recursive", "--format", "json", *SOURCES]
    yield from read_bandit(_run(command, {0, 1}))


def _run(command: Sequence[str | Path], codes: set[int]) -> str:
    """What it prints. Raises ScannerError where it ends otherwise than with one of the codes."""
    code, output, errors = _ended(command)
    if code not in codes:
        raise ScannerError(f"{Path(command[0]).name} ended with {code}: {errors or output}")
    return output


def _ended(command: Sequence[str | Path]) -> tuple[int, str, str]:
    name = Path(command[0]).name
    with (
        temporary_folder(f"the home of {name}", "researchflow-scan-") as home,
        begin(
            name,
            lambda: subprocess.Popen(
                [str(each) for each in command],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                cwd=PROJECT_ROOT,
                # No configuration of whoever calls it, and nothing kept there.
                env={"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"},
            ),
            end_process,
        ) as process,
    ):
        output, errors = process.communicate()
        return process.returncode, output, errors
