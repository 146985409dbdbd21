"""The verdicts as JUnit's XML, which pipelines show: one test case a point."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from rf.conform.conform import Conformance
from rf.conform.point import Outcome, PointVerdict
from rf.shared.errors import FailedError, InputError
from rf.shared.files import can_write_in, replaced


class ReportInputError(InputError):
    """A file that can't be written."""


class ReportFailedError(FailedError):
    """A file that could not be written after all."""


def check_report(file: Path | None) -> None:
    """Raise ReportInputError where the file can't be written, before anything is tried."""
    if file is not None and (file.is_dir() or not can_write_in(file.absolute().parent)):
        raise ReportInputError(f"{file} can't be written")


def write_report(result: Conformance, file: Path | None) -> None:
    """Write the file whole, where one is asked for. Raises ReportFailedError."""
    if file is None:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with replaced(file) as fresh:
            fresh.write_bytes(report(result))
    except OSError as error:
        raise ReportFailedError(f"{file} can't be written: {error.strerror}") from error


def report(result: Conformance) -> bytes:
    """The document. A point that was not tried, or is not this application's, is skipped."""
    suite = ElementTree.Element(
        "testsuite",
        name=f"rf conform {result.application}",
        tests=str(len(result.verdicts)),
        failures=str(_count(result.verdicts, Outcome.FAILED)),
        errors="0",
        skipped=str(_count(result.verdicts, Outcome.NOT_TRIED, Outcome.NOT_APPLICABLE)),
        time=f"{sum(each.seconds for each in result.verdicts):.3f}",
    )
    for verdict in result.verdicts:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=result.application,
            name=f"{verdict.point.id}: {verdict.point.title}",
            time=f"{verdict.seconds:.3f}",
        )
        if verdict.outcome is Outcome.FAILED:
            ElementTree.SubElement(case, "failure", message=_printable(verdict.seen))
        elif verdict.outcome is not Outcome.PASSED:
            said = f"{verdict.outcome}: {verdict.seen}"
            ElementTree.SubElement(case, "skipped", message=_printable(said))
    return ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True)


def _count(verdicts: Sequence[PointVerdict], *outcomes: Outcome) -> int:
    return sum(each.outcome in outcomes for each in verdicts)


def _printable(text: str) -> str:
    """What an application wrote may hold characters that XML has no way to say."""
    return "".join(each if each.isprintable() else " " for each in text)
