"""What a deployment installs is enough for the program and the policy pack; under the mocks of
Pulumi's guide, which answer with inputs alone."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from typing import Any

import pytest
from packaging.utils import canonicalize_name

from rf.shared.project import PROJECT_ROOT
from rf.shared.stacks import project_name, references_of, stack_config
from scaleplan.config import engine_config
from tests.configurations import COPIED_IMAGES

RUN = """
import contextvars, gc, importlib, json, pkgutil, runpy, sys

given = json.load(sys.stdin)
sys.path.insert(0, given["root"])


class Refused:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in given["refused"]:
            raise ModuleNotFoundError(f"no {name}", name=name)


sys.meta_path.insert(0, Refused())
import pulumi


class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        types.add(args.typ)
        if args.typ == "pulumi:pulumi:StackReference":
            stack = args.inputs["name"].rsplit("/", 1)[-1]
            return [args.name, {"outputs": references[stack]}]
        return [f"{args.name}_id", args.inputs]

    def call(self, args):
        return {}


def run(stack, config):
    pulumi.runtime.set_mocks(Mocks(), project=given["project"], stack=stack)
    pulumi.runtime.set_all_config(config)
    program = lambda: runpy.run_path(given["root"] + "/__main__.py", run_name="__main__") and None
    pulumi.runtime.test(program)()


gc.disable()
types = set()
for stack, config, references in given["stacks"]:
    contextvars.copy_context().run(run, stack, config)
for name in ("components", "rendering", "scaleplan", "wiring"):
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, f"{name}."):
        importlib.import_module(module.name)
sys.path.insert(0, given["root"] + "/policy")
runpy.run_path(given["root"] + "/policy/__main__.py", run_name="pack")
print(json.dumps(sorted(types)))
"""

STACKS: dict[str, tuple[str, ...]] = {
    "dev": COPIED_IMAGES,
    "prod-eu": ("queue.engine=rabbitmq",),
    "prod-dr": (),
}
"""Stacks with what is laid over them, which have every component between them."""

TOKEN = re.compile(r'super\(\).__init__\(\s*"(researchflow:[a-z]+:[A-Za-z]+)"')


def locked(name: str) -> set[str]:
    """The packages of a lock file."""
    text = (PROJECT_ROOT / f"{name}.txt").read_text("utf-8")
    return {canonicalize_name(each) for each in re.findall(r"(?m)^([\w.-]+)==", text)}


def modules_beyond_a_deployment() -> list[str]:
    """Top-level modules that the command line's packages or the tests' bring, and the program's
    own don't."""
    deployed = locked("requirements")
    beyond = locked("requirements-dev") - deployed
    return [
        module
        for module, packages in packages_distributions().items()
        if {canonicalize_name(each) for each in packages} <= beyond
    ]


def asked_of(stack: str, overrides: tuple[str, ...]) -> list[Any]:
    """A stack's name, its config as the engine has it, and the outputs of the stacks it reads."""
    config = stack_config(stack, overrides=overrides)
    texts = engine_config.texts(project_name(), config)
    return [stack, texts, dict(references_of(stack, config))]


@pytest.fixture(scope="module")
def run() -> subprocess.CompletedProcess[str]:
    """The stacks' programs and the pack, in a process without the command line's packages."""
    refused = modules_beyond_a_deployment()
    assert {"boto3", "matplotlib", "pglast", "redis", "rich", "simpy", "typer"} <= set(refused)
    given = {
        "root": str(PROJECT_ROOT),
        "refused": refused,
        "project": project_name(),
        "stacks": [asked_of(*each) for each in STACKS.items()],
    }
    return subprocess.run(
        [sys.executable, "-c", RUN],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT_ROOT,
    )


def test_the_program_and_the_pack_need_no_package_of_the_command_line(run):
    assert run.returncode == 0, run.stderr


def test_every_component_can_be_made_under_stock_mocks(run):
    texts = [path.read_text("utf-8") for path in (PROJECT_ROOT / "components").rglob("*.py")]
    tokens = {token for text in texts for token in TOKEN.findall(text)}
    assert len(tokens) > 60
    assert sorted(tokens - set(json.loads(run.stdout))) == []
