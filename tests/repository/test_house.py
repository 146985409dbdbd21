"""The page on architecture shows the house as it is."""

import re

import pytest

from rf.shared.project import PROJECT_ROOT
from tools.reference.house import PAGE, render

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_picture_and_the_table_of_subjects_are_current():
    assert render(TEXT) == TEXT, "run: python -m tools.reference.house"


def test_a_page_without_its_marks_is_refused():
    with pytest.raises(ValueError, match=r"architecture\.md lacks"):
        render("# Architecture\n")


def test_each_file_and_folder_that_the_page_names_is_there():
    named = set(re.findall(r"`([a-z_]+/[a-z_/]+(?:\.(?:py|yaml|md))?)`", TEXT))
    assert len(named) > 20
    assert {name for name in named if not (PROJECT_ROOT / name).exists()} == set()
