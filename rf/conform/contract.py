"""The application contract: each sentence is tried by points, or says why by none.

`docs/application-contract.md` is written from here; a test holds that each point has a sentence.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from rf.conform import contract_of_processes, contract_of_stores
from rf.conform.sentences import ContractSection, ContractSentence


@cache
def contract() -> tuple[ContractSection, ...]:
    """The sections, in the page's order."""
    return (
        contract_of_processes.images(),
        contract_of_processes.probes(),
        contract_of_processes.variables(),
        contract_of_stores.errors(),
        contract_of_stores.retries(),
        contract_of_stores.redis(),
        contract_of_stores.collaboration(),
        contract_of_processes.migrations(),
        contract_of_processes.workflows(),
        contract_of_processes.metrics(),
    )


def section(title: str) -> tuple[ContractSection, ...]:
    """Those parts of a section that are sentences."""
    return tuple(each for each in contract() if each.title == title)


def sentences() -> Iterator[ContractSentence]:
    """All of them, in the page's order."""
    for part in contract():
        for item in part.items:
            yield from item


def sentences_of(point: str) -> list[ContractSentence]:
    """Those that the point tries."""
    return [each for each in sentences() if point in each.points]
