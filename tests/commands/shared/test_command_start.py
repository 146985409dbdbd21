"""What a command loads before it has something to do with it: the SDKs and parsers take seconds."""

import json
import subprocess
import sys

import pytest

from rf.shared.project import PROJECT_ROOT

SDKS = {"boto3", "botocore", "grpc", "moto", "pulumi", "pulumi_aws", "pulumi_kubernetes"}

MODELS = {"jsonschema", "pydantic", "scaleplan.model", "scaleplan.settings", "yaml"}

PARSERS = {"markdown_it", "pygments", "rich.markdown", "rich.traceback"}
"""What typer imports to draw what this command line never has."""

PROGRAM = """
import contextlib, io, json, runpy, sys
answers = []
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["rf", *arguments]
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
        try:
            runpy.run_module("rf", run_name="__main__", alter_sys=True)
        except SystemExit as ended:
            answers.append([ended.code, shown.getvalue(), list(sys.modules)])
print(json.dumps(answers))
"""
"""Runs `rf` with one list of arguments after the other: starting is most of what one takes."""


def started(*commands):
    """Of each command its exit code, what is loaded by then, and what a user sees."""
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(commands)],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [(code, shown, set(modules)) for code, shown, modules in json.loads(result.stdout)]


def test_help_loads_neither_sdks_nor_models():
    [(code, shown, modules)] = started(["--help"])
    assert code == 0
    assert "Bring the stack up on an embedded AWS" in shown
    assert modules & (SDKS | MODELS | PARSERS) == set()


CARDS = """
import json, sys
from rf.shared.cards.registry import all_cards
cards = len(list(all_cards()))
print(json.dumps([cards, list(sys.modules)]))
"""


def test_cards_load_nothing_that_only_their_facets_need():
    result = subprocess.run(
        [sys.executable, "-c", CARDS], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    )
    cards, modules = json.loads(result.stdout)
    assert cards > 100
    assert set(modules) & SDKS == set()


USAGE_ERRORS = {
    "previw": "No such command",
    "preview --stak prod": "No such option",
    "preview": "Missing option",
    "check state --stak prod": "No such option",
}


def test_a_usage_error_loads_neither_sdks_nor_models():
    for (command, told), (code, shown, modules) in zip(
        USAGE_ERRORS.items(), started(*map(str.split, USAGE_ERRORS)), strict=True
    ):
        assert code == 2, command
        assert told in shown, command
        # typer itself reads the values of options with pydantic.
        assert modules & ((SDKS | MODELS | PARSERS) - {"pydantic"}) == set(), command


MISTAKEN = [
    "preview --stack prod",
    "preview --stack prod-dr",
    "export --stack prod --out out",
    "up --stack prod",
    "simulate --stack prod",
    "policy --stack prod",
    "check --stack prod",
    "cost --stack prod",
    "jobs --stack prod",
    "preflight --stack prod",
    "publish-web --stack prod --dir out",
    "drill --stack prod --lose zone",
]


def test_a_mistake_in_the_configuration_loads_no_sdk():
    mistake = ["--set", "worker.maxReplicas=oops"]
    answers = started(*([*command.split(), *mistake] for command in MISTAKEN))
    for command, (code, shown, modules) in zip(MISTAKEN, answers, strict=True):
        assert code == 2, command
        assert "researchflow:worker.maxReplicas" in shown, command
        assert "allowed is a whole number" in shown, command
        assert modules & (SDKS | PARSERS) == set(), command


def test_what_typer_leaves_for_later_is_the_real_thing_when_used():
    program = (
        "from rf.shared import lean_help; lean_help.load(); import typer.rich_utils as drawn\n"
        "import rich.markdown\n"
        "assert isinstance(drawn.Markdown('# a'), rich.markdown.Markdown)\n"
        "try: 1 / 0\n"
        "except ZeroDivisionError as error:\n"
        "    drawn.Traceback.from_exception(type(error), error, error.__traceback__)\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=PROJECT_ROOT, check=True)


WITHOUT = """
import runpy, sys

absent = sys.argv.pop(1)


class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == absent:
            raise ModuleNotFoundError(f"no {name}", name=name)


sys.meta_path.insert(0, Absent())
sys.argv[0] = "rf"
runpy.run_module("rf", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize(
    ("package", "arguments", "says"),
    [
        ("simpy", ["simulate", "--stack", "dev"], "rf simulate needs simpy"),
        ("typer", ["preview", "--stack", "dev"], "rf preview needs typer"),
        ("pglast", ["check", "sharding", "--schema", "README.md"], "rf check needs pglast"),
    ],
)
def test_a_command_whose_package_is_missing_says_so_in_one_sentence(package, arguments, says):
    result = subprocess.run(
        [sys.executable, "-c", WITHOUT, package, *arguments],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"{says}, which is not installed")
    assert result.stderr.count("\n") == 1
    assert "requirements-cli.txt" in result.stderr
