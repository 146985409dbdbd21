"""`rf doctor` on made-up machines: what is missing for which use, and the fix."""

import json

import pytest
from typer.testing import CliRunner

from rf.cli import app
from rf.doctor.probes import Machine
from rf.doctor.uses import PURPOSES, Use, examined


@pytest.fixture
def machine(tmp_path):
    """An empty machine: a repository without caches, no programs, no environment."""
    (tmp_path / "requirements-cli.txt").write_text("# pins\npytest==0.0.1\n", "utf-8")
    (tmp_path / "requirements-dev.txt").write_text("-r requirements-cli.txt\n", "utf-8")
    (tmp_path / "bin").mkdir()

    def made(**changes):
        usual = {"path": str(tmp_path / "bin"), "environment": {"HOME": str(tmp_path)}}
        return Machine(root=tmp_path, **(usual | changes))

    return made


def program(tmp_path, name, says):
    path = tmp_path / "bin" / name
    path.write_text(f"#!/bin/sh\necho '{says}'\n", "utf-8")
    path.chmod(0o755)


def by_what(symptoms):
    return {each.what: each for each in symptoms}


@pytest.mark.parametrize("use", Use)
def test_on_an_empty_machine_everything_that_is_missing_has_a_fix(machine, use):
    symptoms = examined(machine(python=(3, 9, 2)), use)
    assert symptoms
    assert PURPOSES[use]
    assert all(each.fix for each in symptoms if not each.there)
    assert any(not each.there for each in symptoms) or use is Use.SANDBOX


def test_an_old_python_and_packages_of_other_versions_are_told(machine):
    found = by_what(examined(machine(python=(3, 10, 4)), Use.OFFLINE))
    assert not found["Python 3.11 or newer"].there
    packages = found["packages of requirements-cli.txt"]
    assert not packages.there
    assert packages.found.startswith("pytest ")
    assert "make test" in packages.fix


def test_an_interpreter_with_the_pins_is_ready(machine, tmp_path):
    version = machine().installed("pytest")
    (tmp_path / "requirements-cli.txt").write_text(f"pytest=={version}\n", "utf-8")
    assert all(each.there for each in examined(machine(python=(3, 12, 0)), Use.OFFLINE))


def test_a_lock_file_is_judged_by_what_it_pins_for_this_interpreter(machine, tmp_path):
    version = machine().installed("pytest")
    (tmp_path / "requirements-cli.txt").write_text(
        "# made by a tool\n"
        f"pytest=={version} ; python_full_version >= '3.11' \\\n    --hash=sha256:0\n"
        "    # via -r requirements-cli.in\n"
        "pytest==0.0.1 ; python_full_version < '3.11' \\\n    --hash=sha256:1\n"
        "colorama==0.0.1 ; sys_platform == 'win32' \\\n    --hash=sha256:2\n",
        "utf-8",
    )
    found = by_what(examined(machine(python=(3, 12, 0)), Use.OFFLINE))
    assert found["packages of requirements-cli.txt"].found == "all 1"


def test_an_old_cli_is_as_good_as_none(machine, tmp_path):
    program(tmp_path, "pulumi", "v3.99.0")
    program(tmp_path, "aws", "aws-cli/1.32.0 Python/3.11")
    found = by_what(examined(machine(), Use.DEPLOYMENT))
    assert found["Pulumi CLI 3.272.0 or newer"].found == "3.99.0"
    assert not found["Pulumi CLI 3.272.0 or newer"].there
    assert not found["AWS CLI 2.0 or newer"].there
    program(tmp_path, "pulumi", "v3.272.0")
    program(tmp_path, "aws", "aws-cli/2.31.4 Python/3.13")
    found = by_what(examined(machine(), Use.DEPLOYMENT))
    assert found["Pulumi CLI 3.272.0 or newer"].there
    assert found["AWS CLI 2.0 or newer"].there


def test_credentials_are_named_by_their_place_and_never_shown(machine):
    environment = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "HOME": "/nowhere"}
    found = by_what(examined(machine(environment=environment), Use.DEPLOYMENT))["AWS credentials"]
    assert found.there
    assert found.found == "AWS_ACCESS_KEY_ID"


def test_fetched_servers_are_found_where_the_script_puts_them(machine, tmp_path):
    servers = tmp_path / ".cache" / "services" / "bin"
    servers.mkdir(parents=True)
    assert not by_what(examined(machine(), Use.SERVICES))["redis-server"].there
    (servers / "redis-server").touch()
    found = by_what(examined(machine(), Use.SERVICES))["redis-server"]
    assert (found.there, found.found) == (True, ".cache/services/bin/redis-server")


def test_go_is_only_missing_while_there_is_no_api_server(machine, tmp_path):
    assert "Go 1.21 or newer" in by_what(examined(machine(), Use.KUBERNETES))
    built = tmp_path / ".cache" / "apiserver" / "bin"
    built.mkdir(parents=True)
    (built / "kube-apiserver").touch()
    assert "Go 1.21 or newer" not in by_what(examined(machine(), Use.KUBERNETES))


def test_json_has_every_use_and_only_what_was_asked_for_decides_the_code(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    result = CliRunner().invoke(app, ["doctor", "--json"])
    # This interpreter has the pins, or no test would run.
    assert result.exit_code == 0
    symptoms = json.loads(result.stdout)["symptoms"]
    assert {each["use"] for each in symptoms} == set(Use)
    assert CliRunner().invoke(app, ["doctor", "--for", "deployment"]).exit_code == 1
    assert "Pulumi CLI" in CliRunner().invoke(app, ["doctor", "--for", "deployment"]).stdout
