"""`rf report`: the comment of a pull request on standard output, and its exit code."""

from __future__ import annotations

import sys

from rf.report.facts import gather
from rf.report.render import at_risk, report_text


def run_report(base: str, head: str, stack: str | None) -> int:
    """Print the report on a stack, or on every stack; 1 where data is at risk or nobody knows.

    Raises RevisionError where Git does not know a revision.
    """
    facts = gather(base, head, stack)
    sys.stdout.write(report_text(base, head, facts))
    return 1 if at_risk(facts) else 0
