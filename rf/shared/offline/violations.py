"""What the offline plan refuses: a named rule broken at a URN, and the error that lists them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from rf.shared.errors import FailedError


class OfflineRule(StrEnum):
    """Names of the rules, as they are printed."""

    DUPLICATE_URN = "duplicate-urn"
    UNKNOWN_LOOKUP = "unknown-lookup"
    UNKNOWN_TYPE = "unknown-type"
    UNKNOWN_INPUT = "unknown-input"
    WRONG_TYPE = "wrong-type"
    MISSING_INPUT = "missing-input"
    WRONG_VALUE = "wrong-value"
    NO_PROVIDER = "no-provider"
    UNRESOLVED_OUTPUT = "unresolved-output"
    KUBERNETES_SCHEMA = "kubernetes-schema"
    HELM_NOT_PINNED = "helm-not-pinned"
    PROGRAM_FAILED = "program-failed"


@dataclass(frozen=True, order=True)
class OfflineViolation:
    """One refusal: where (the URN, or the program), which rule, and a sentence that says what."""

    urn: str
    rule: OfflineRule
    message: str


class OfflineError(FailedError):
    """The program can't be planned. Carries every violation of the run, sorted by URN."""

    def __init__(self, violations: Sequence[OfflineViolation]) -> None:
        self.violations = tuple(sorted(set(violations)))
        count = len(self.violations)
        lines = [f"{count} violation{'s' if count != 1 else ''} in the program:"]
        for urn, of_urn in groupby(self.violations, key=lambda violation: violation.urn):
            lines.append(f"  {urn}")
            lines += [f"    {violation.rule}: {violation.message}" for violation in of_urn]
        super().__init__("\n".join(lines))
