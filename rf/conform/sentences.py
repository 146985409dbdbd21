"""What the application contract is made of: sentences, in items, in sections."""

from __future__ import annotations

from dataclasses import dataclass

FACT = "says what is so, and asks nothing of the application"
CLUSTER = "only a cluster shows it"
ACCOUNT = "only an account of AWS shows it"


@dataclass(frozen=True, kw_only=True)
class ContractSentence:
    """One sentence of the page. `why_not` says why no point tries it, where none does."""

    section: str
    text: str
    points: tuple[str, ...] = ()
    why_not: str = ""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, kw_only=True)
class ContractSection:
    """The sentences of a section, or of a part of it: a paragraph, or the items of a list."""

    title: str
    items: tuple[tuple[ContractSentence, ...], ...]
    listed: bool = True


_Said = tuple[str, tuple[str, ...], str]


def tried(text: str, *points: str) -> _Said:
    """A sentence that these points try."""
    return text, points, ""


def untried(text: str, why: str) -> _Said:
    """A sentence that none tries, and why."""
    return text, (), why


def part(title: str, *items: tuple[_Said, ...], listed: bool = True) -> ContractSection:
    """What a section says beside its tables, paragraph by paragraph or item by item."""
    return ContractSection(
        title=title,
        items=tuple(
            tuple(
                ContractSentence(section=title, text=text, points=points, why_not=why)
                for text, points, why in item
            )
            for item in items
        ),
        listed=listed,
    )
