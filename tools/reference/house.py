"""Writes the house into `docs/architecture.md`: its rooms, who imports whom, where a subject is.

`python -m tools.reference.house` rewrites what stands between the page's marks; a test compares it
with the committed one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from rf.shared.files import replaced
from rf.shared.project import PROJECT_ROOT
from tools.reference.markdown import table

PAGE = PROJECT_ROOT / "docs" / "architecture.md"
BEGIN = "<!-- house: python -m tools.reference.house -->\n"
END = "<!-- end of house -->\n"

ROOMS = (
    "__main__.py",
    "serving.py",
    "settings.py",
    "wiring",
    "components",
    "rendering",
    "scaleplan",
    "policy",
    "rf",
    "tools",
)
"""Files and folders of the product, in the order in which the picture names them."""

SUBJECTS = (
    "network",
    "cluster",
    "identity",
    "database",
    "citus",
    "redis",
    "queue",
    "applications",
    "workflows",
    "edge",
    "observability",
    "recovery",
)
SUBJECT_ROOMS = ("scaleplan", "rendering", "components", "wiring", "policy/rules")


def render(page: str) -> str:
    """The page with picture and table written anew. Raises ValueError where a mark is missing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name} lacks {BEGIN.strip()} or {END.strip()}")
    return f"{before}{BEGIN}\n{_picture()}\n{_subjects()}\n{END}{after}"


def _picture() -> str:
    """Rooms as boxes, an arrow from each room to those that its modules import."""
    imports = {
        (room, other)
        for path in _product()
        for room in [_room(path.relative_to(PROJECT_ROOT).parts[0])]
        for other in {_room(name) for name in imported_names(path.read_text(encoding="utf-8"))}
        - {room, ""}
    }
    boxes = [f'    {_box(_room(room))}["{room}"]' for room in ROOMS]
    arrows = [f"    {_box(room)} --> {_box(other)}" for room, other in sorted(imports)]
    return "\n".join(["```mermaid", "flowchart TD", *boxes, *arrows, "```", ""])


def _subjects() -> str:
    """Where each subject is in each room: a folder, a file, or nowhere."""
    rows = [
        [subject, *(_place(PROJECT_ROOT / room, subject) for room in SUBJECT_ROOMS)]
        for subject in SUBJECTS
    ]
    return table(["subject", *(f"`{room}/`" for room in SUBJECT_ROOMS)], rows)


def _place(room: Path, subject: str) -> str:
    if (room / subject).is_dir():
        return f"`{subject}/`"
    return f"`{subject}.py`" if (room / f"{subject}.py").is_file() else ""


def _product() -> Iterator[Path]:
    for room in ROOMS:
        path = PROJECT_ROOT / room
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def imported_names(module: str) -> Iterator[str]:
    """First names of what a module's text imports, anywhere in it; relative ones are its own
    room's."""
    for node in ast.walk(ast.parse(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def _room(name: str) -> str:
    """The room that a file, a folder or an imported name belongs to; empty for none of ours."""
    room = name.removesuffix(".py")
    return room if room in {each.removesuffix(".py") for each in ROOMS} else ""


def _box(room: str) -> str:
    """A name that Mermaid takes: it reads two underscores as markup."""
    return "program" if room == "__main__" else room


if __name__ == "__main__":
    text = render(PAGE.read_text(encoding="utf-8"))
    with replaced(PAGE) as file:
        file.write_text(text, encoding="utf-8")
