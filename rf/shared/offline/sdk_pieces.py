"""Takes the text of an SDK's module apart into its definitions, and compiles them one by one."""

from __future__ import annotations
import __future__

import ast
import marshal
import re
from collections.abc import Callable, Iterator, Set
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

_FLAGS = __future__.annotations.compiler_flag
"""Annotations stay text until the SDK asks for a type: evaluating them is most of an import."""

_BEGIN = re.compile(r"^(?:@|class |def |async def )", re.MULTILINE)
_NAME = re.compile(r"^(?:class|def|async def) (\w+)", re.MULTILINE)
_END = re.compile(r"^[^\s#)\]}]", re.MULTILINE)
_STAR = re.compile(r"^from (\.+[\w.]*) import \*[^\n]*$", re.MULTILINE)
_WORD = re.compile(r"[A-Za-z_]\w*")


class Piece(NamedTuple):
    """One definition: its code, and the names of others that it needs before it runs (`first`),
    when its functions are called (`then`), and when the SDK asks for its types (`typed`)."""

    code: bytes
    first: tuple[str, ...]
    then: tuple[str, ...]
    typed: tuple[str, ...]


class Parts(NamedTuple):
    """A module taken apart.

    `rest` is the code beside definitions and star imports. `own` has where each definition starts
    and ends in the text, `stars` the modules that star imports name with the names that they give,
    `pieces` what was compiled so far.
    """

    rest: bytes
    own: dict[str, list[tuple[int, int]]]
    stars: list[tuple[str, tuple[str, ...]]]
    pieces: dict[str, tuple[Any, ...]]


def taken_apart(
    text: str, source: Path, exported: Callable[[str], tuple[str, tuple[str, ...]] | None]
) -> Parts | None:
    """The pieces of a module's text; None if it needs its own definitions while it is loaded.

    `exported` has the full name of a module that a star import names, and what that gives.
    """
    own: dict[str, list[tuple[int, int]]] = {}
    rest, done = "", 0
    for start, end in _definitions_in(text):
        named = _NAME.search(text, start, end)
        if named is None:
            return None
        own.setdefault(named[1], []).append((start, end))
        rest += text[done:start]
        done = end
    rest += text[done:]
    stars: list[tuple[str, tuple[str, ...]]] = []

    def taken_out(definitions: re.Match[str]) -> str:
        star = exported(definitions[1])
        if star is None:
            return definitions[0]
        stars.append(star)
        return ""

    rest = _STAR.sub(taken_out, rest)
    names = {*own, *(name for _, given in stars for name in given)}
    try:
        code = compile(rest, str(source), "exec", _FLAGS, dont_inherit=True)
    except SyntaxError:
        return None
    if not names or not names.isdisjoint(code.co_names):
        return None
    return Parts(rest=marshal.dumps(code), own=own, stars=stars, pieces={})


def _definitions_in(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each function and class at a module's top, its decorators included."""
    match = _BEGIN.search(text)
    while match is not None:
        at = match.start()
        while text.startswith("@", at):
            at = text.index("\n", at) + 1
        end = _END.search(text, text.find("\n", at) + 1)
        stop = end.start() if end else len(text)
        yield match.start(), stop
        match = _BEGIN.search(text, stop)


def compiled(text: str, source: Path, others: Set[str]) -> Piece:
    """One definition of a module that has the names of `others` too.

    Raises SyntaxError for what is none: a line inside a text that looked like one.
    """
    tree = ast.parse(text)
    functions = [
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    typed = {
        word
        for node in functions
        if node.returns
        for word in _WORD.findall(ast.unparse(node.returns))
    }
    for node in functions:
        # Types of parameters are for readers, as documentation is; together most of the code.
        for parameter in ast.walk(node.args):
            if isinstance(parameter, ast.arg):
                parameter.annotation = None
    checked = any(isinstance(node, ast.Assert) for node in ast.walk(tree))
    code = compile(
        tree, str(source), "exec", _FLAGS, dont_inherit=True, optimize=0 if checked else 2
    )
    inner = [each for each in code.co_consts if isinstance(each, CodeType)]
    first = {*code.co_names, *(used for each in inner for used in each.co_names)}
    then = {used for each in inner for used in _names_in_functions(each)}
    return Piece(
        code=marshal.dumps(code),
        first=tuple(sorted(first & others)),
        then=tuple(sorted((then - first) & others)),
        typed=tuple(sorted((typed - first - then) & others)),
    )


def _names_in_functions(code: CodeType) -> Iterator[str]:
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from inner.co_names
            yield from _names_in_functions(inner)
