"""Markdown that holds whatever is put into it: values in code, cells that stay cells."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from typing import Any

from policy.rules.shared.secret_forms import masked

LONGEST_VALUE = 120
"""Characters of a value in a cell; `rf grow --json` has all of them."""


def code(value: Any, longest: int = LONGEST_VALUE) -> str:
    """A value as a code span, in which nothing is markup, for use in a table's cell."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(masked(text).split())
    if len(text) > longest:
        text = f"{text[:longest]}… ({len(text):,} characters)"
    if not text:
        return "(empty)"
    runs = [len(run) for run in re.findall(r"`+", text)]
    fence = "`" * (max(runs, default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}".replace("|", r"\|")


def plain(text: str) -> str:
    """Text in which nothing is markup: for headings, sentences and summaries."""
    escaped = html.escape(" ".join(masked(text).split()), quote=False)
    return re.sub(r"([\\`*_\[\]|~@#])", r"\\\1", escaped)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table's lines; the cells are Markdown already."""
    return [
        f"| {' | '.join(headings)} |",
        f"|{'|'.join('---' for _heading in headings)}|",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]


def folded(summary: str, lines: Sequence[str]) -> str:
    """Lines that open on a click; `summary` is plain text. Empty lines around Markdown inside HTML
    make it Markdown again (GitHub Flavored Markdown, "HTML blocks")."""
    inside = "\n".join(lines)
    return f"<details><summary>{html.escape(summary)}</summary>\n\n{inside}\n\n</details>"


def size_of(text: str) -> int:
    """Bytes of the text as it is sent."""
    return len(text.encode("utf-8"))
