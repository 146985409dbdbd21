"""Leaves only SQL in the text that `pg_dump` and psql scripts consist of.

A plain dump mixes three languages: SQL, psql's backslash commands (`\\restrict`, `\\connect`) and
the rows that follow `COPY ... FROM stdin` or `\\copy`. Only the first can be parsed. The others
become spaces, one a character, and newlines stay, so every position still names the same line.
"""

from __future__ import annotations

import re
from itertools import pairwise

_TOKEN = re.compile(
    r"""
      (?P<line_comment>--[^\n]*)
    | (?P<block_comment>/\*)
    | (?P<escape_string>\b[eE]'(?:\\.|''|[^'\\])*')
    | (?P<string>'(?:''|[^'])*')
    | (?P<quoted_name>"(?:""|[^"])*")
    | (?P<dollar_string>\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$)
    | (?P<meta>^[ \t]*\\[^\n]*)
    | (?P<end>;)
    | (?P<word>\w[\w$]*)
    | (?P<other>.)
    """,
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)
"""SQL's lexical structure, as far as it tells code from text (PostgreSQL manual, chapter 4.1)."""

_BLOCK_COMMENT_EDGE = re.compile(r"/\*|\*/")
_COPY_HERE = re.compile(r"\s*\\copy\b.*\bfrom\s+p?stdin\b", re.IGNORECASE)
_END_OF_ROWS = re.compile(r"^\\\.[ \t\r]*$", re.MULTILINE)
_NOT_NEWLINE = re.compile(r"[^\n]")


def sql_only(text: str) -> str:
    """The text with psql commands and COPY rows blanked; same length, same line breaks."""
    statements: list[str] = []
    statement: list[str] = []
    position = 0
    while match := _TOKEN.match(text, position):
        start, position = position, match.end()
        match match.lastgroup:
            case "block_comment":
                position = _end_of_block_comment(text, position)
            case "meta":
                command = match.group()
                position = _end_of_rows(text, position) if _COPY_HERE.match(command) else position
                statements.append(_blank(text[start:position]))
                continue
            case "word":
                statement.append(match.group().lower())
            case "end":
                statements.append(match.group())
                if _reads_rows(statement):
                    rows_end = _end_of_rows(text, position)
                    statements.append(_blank(text[position:rows_end]))
                    position = rows_end
                statement = []
                continue
        statements.append(text[start:position])
    return "".join(statements)


def line_at(text: str, position: int) -> int:
    """The line, counted from 1, on which the character at `position` stands."""
    return text.count("\n", 0, max(position, 0)) + 1


def _reads_rows(words: list[str]) -> bool:
    """Whether a statement's words say that rows follow it: `COPY table ... FROM stdin`."""
    return words[:1] == ["copy"] and ("from", "stdin") in pairwise(words)


def _end_of_rows(text: str, start: int) -> int:
    """Past the `\\.` that ends COPY rows; the end of the text when it is missing."""
    ending = _END_OF_ROWS.search(text, start)
    return ending.end() if ending else len(text)


def _end_of_block_comment(text: str, position: int) -> int:
    """Past the end of a block comment, which nests in PostgreSQL; `position` is inside it."""
    depth = 1
    for edge in _BLOCK_COMMENT_EDGE.finditer(text, position):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return len(text)


def _blank(text: str) -> str:
    return _NOT_NEWLINE.sub(" ", text)
