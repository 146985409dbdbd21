"""What `rf` and the help of each command show."""

import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from rf.cli import GROUPS, app
from rf.examples import EXAMPLES
from rf.shared.project import PROJECT_ROOT


def commands() -> Iterator[str]:
    """All that has a help: `check`, and `check state`."""
    for name, command in ((n, c) for group in GROUPS.values() for n, c in group.items()):
        yield name
        if isinstance(command, typer.Typer):
            for inner in command.registered_commands:
                assert inner.callback
                yield f"{name} {inner.callback.__name__}"


COMMANDS = list(commands())


def words(text: str) -> str:
    return " ".join(text.replace("│", " ").split())


def read(command: Any, name: str, arguments: list[str], parent: Any = None) -> None:
    """As the command line reads them, and nothing is run. Raises UsageError."""
    context = command.make_context(name, arguments, parent=parent)
    left = [*getattr(context, "_protected_args", ()), *context.args]
    if left and hasattr(command, "resolve_command"):
        inner_name, inner, rest = command.resolve_command(context, left)
        read(inner, inner_name, rest, context)


def test_every_command_has_its_two_examples():
    assert set(COMMANDS) == EXAMPLES.keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_help_ends_with_examples_that_the_command_line_takes(name: str):
    shown = words(CliRunner().invoke(app, [*name.split(), "--help"]).output)
    for example in EXAMPLES[name]:
        assert example.startswith(name)
        assert f"rf {example}" in shown
        read(get_command(app), "rf", shlex.split(example))


def test_commands_are_shown_by_what_one_wants():
    shown = words(CliRunner().invoke(app, ["--help"]).output)
    places = [shown.index(title) for title in GROUPS]
    assert places == sorted(places)
    assert shown.index(" rehearse ") > shown.index("Deploy:") > shown.index(" policy ")


def test_a_shell_is_told_what_can_be_completed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("_RF_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "rf pre")
    monkeypatch.setenv("COMP_CWORD", "1")
    assert CliRunner().invoke(app, prog_name="rf").output.split() == ["preview", "preflight"]


def test_the_command_is_the_projects_own():
    text = (PROJECT_ROOT / "pyproject.toml").read_text("utf-8")
    assert 'rf = "rf.__main__:main"' in text
