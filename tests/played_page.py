"""The commands of a runbook's page, which the tests run as they stand there."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping

from rf.shared.project import PROJECT_ROOT

_PLAYED = re.compile(
    r"^ *<!-- played: (?P<name>[a-z-]+) -->\n\n? *```(?:sh|sql)\n(?P<text>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)


def played_blocks(page: str) -> Mapping[str, str]:
    """Each block of docs/PAGE that says `played`, by its name there."""
    text = (PROJECT_ROOT / "docs" / page).read_text(encoding="utf-8")
    blocks = {found["name"]: textwrap.dedent(found["text"]) for found in _PLAYED.finditer(text)}
    assert len(blocks) == text.count("<!-- played: "), "a name twice, or a mark without its block"
    return blocks
