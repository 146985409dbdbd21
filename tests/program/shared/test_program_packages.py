"""What a deployment installs is enough for the program and the policy pack."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import packages_distributions

import pytest
from packaging.utils import canonicalize_name

from rf.shared.project import PROJECT_ROOT
from rf.shared.stacks import project_name, references_of, stack_config

RUN = """
import importlib, json, pkgutil, runpy, sys

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
        if args.typ == "pulumi:pulumi:StackReference":
            stack = args.inputs["name"].rsplit("/", 1)[-1]
            return [args.name, {"outputs": given["references"][stack]}]
        return [f"{args.name}_id", args.inputs]

    def call(self, args):
        return {}


pulumi.runtime.set_mocks(Mocks(), project=given["project"], stack=given["stack"])
pulumi.runtime.set_all_config(given["config"])
program = lambda: runpy.run_path(given["root"] + "/__main__.py", run_name="__main__") and None
pulumi.runtime.test(program)()
for name in ("components", "rendering", "scaleplan", "wiring"):
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, f"{name}."):
        importlib.import_module(module.name)
sys.path.insert(0, given["root"] + "/policy")
runpy.run_path(given["root"] + "/policy/__main__.py", run_name="pack")
"""


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


@pytest.mark.parametrize("stack", ["prod-eu", "prod-dr"])
def test_the_program_and_the_pack_need_no_package_of_the_command_line(stack):
    config = stack_config(stack)
    project = project_name()
    refused = modules_beyond_a_deployment()
    assert {"boto3", "matplotlib", "pglast", "redis", "rich", "simpy", "typer"} <= set(refused)
    given = {
        "root": str(PROJECT_ROOT),
        "refused": refused,
        "project": project,
        "stack": stack,
        "references": references_of(stack, config),
        "config": {
            key if ":" in key else f"{project}:{key}": value
            if isinstance(value, str)
            else json.dumps(value)
            for key, value in config.items()
        },
    }
    result = subprocess.run(
        [sys.executable, "-c", RUN],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT_ROOT,
    )
    assert result.returncode == 0, result.stderr
