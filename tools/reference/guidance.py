"""Writes the plan's guidance into `docs/capacity.md`, between its two marks.

`python -m tools.reference.guidance` rewrites the page; a test compares it with the committed one.
"""

from __future__ import annotations

from rf.shared.files import replaced
from rf.shared.project import PROJECT_ROOT
from rf.shared.stacks import settings_of
from scaleplan.advice.guidance import guidance
from scaleplan.model import load_plan

PAGE = PROJECT_ROOT / "docs" / "capacity.md"
BEGIN = "<!-- guidance: python -m tools.reference.guidance -->\n"
END = "<!-- end of guidance -->\n"


def render(page: str) -> str:
    """The page with its guidance written anew. Raises ValueError where a mark is missing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name} lacks {BEGIN.strip()} or {END.strip()}")
    text = guidance(load_plan(), settings_of("staging", size="medium"))
    return f"{before}{BEGIN}\n{text}\n{END}{after}"


if __name__ == "__main__":
    text = render(PAGE.read_text(encoding="utf-8"))
    with replaced(PAGE) as file:
        file.write_text(text, encoding="utf-8")
