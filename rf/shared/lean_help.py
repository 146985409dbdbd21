"""typer's help and errors without parsers that they don't use: half of what `rf --help` took.

typer draws both with Rich. The module that draws imports Rich's Markdown and Traceback beside what
it needs, and these a Markdown parser and a highlighter of source code; this command line writes
neither. Here they are loaded when they are first used.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

LATER = {"rich.markdown": "Markdown", "rich.traceback": "Traceback"}
"""Module and class."""


class _Later(type):
    """The class of a class that becomes another one at its first use."""

    def _real(cls) -> Any:
        return getattr(importlib.import_module(cls.__module__), cls.__name__)

    def __call__(cls, *arguments: Any, **named: Any) -> Any:
        return cls._real()(*arguments, **named)

    def __getattr__(cls, name: str) -> Any:
        return getattr(cls._real(), name)


def load() -> None:
    """Import typer's drawing module; what it imports and doesn't use comes later, or never."""
    absent = [name for name in LATER if name not in sys.modules]
    for name in absent:
        module = ModuleType(name)
        setattr(module, LATER[name], _Later(LATER[name], (), {"__module__": name}))
        sys.modules[name] = module
    try:
        importlib.import_module("typer.rich_utils")
    finally:
        for name in absent:
            del sys.modules[name]
