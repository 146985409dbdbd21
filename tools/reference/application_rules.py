"""The opening of the application contract, and how its sentences are written."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from rf.conform.contract import section
from rf.conform.sentences import ContractSection, ContractSentence

WIDTH = 100

OPENING = """\
# Application contract

What the images `orchestrator`, `worker`, `collaboration` and `web` must honour to run on this
infrastructure. This page is generated from the program
(`python -m tools.reference.application_contract > docs/application-contract.md`). An image's
tag or digest stands in `images:` of the stack file; a tag is never moved, since the repositories
refuse it.

What `rf conform` tries on an application is followed by the names of the points that do
(→ `exits-with-0`); [conform](conform.md) says how, and `rf conform --explain POINT` how one is
honoured.
"""


def sentences_under(title: str, *, headed: bool = False) -> list[str]:
    """What the section says beside its tables, a text for each part; `headed` with its heading."""
    parts = [_part(each) for each in section(title)]
    return [f"## {title}\n\n{parts[0]}", *parts[1:]] if headed else parts


def _part(part: ContractSection) -> str:
    items = (_item(each, listed=part.listed) for each in part.items)
    return "\n".join(items) + "\n"


def _item(sentences: Iterable[ContractSentence], *, listed: bool) -> str:
    return textwrap.fill(
        " ".join(_sentence(each) for each in sentences),
        WIDTH,
        initial_indent="- " if listed else "",
        subsequent_indent="  " if listed else "",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _sentence(sentence: ContractSentence) -> str:
    if not sentence.points:
        return sentence.text
    return f"{sentence.text} (→ {', '.join(f'`{name}`' for name in sentence.points)})"
