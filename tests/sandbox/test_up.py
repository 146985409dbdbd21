"""The whole command: the program comes up as planned, and the server never outlives it unasked."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import boto3
import pytest
import typer

from rf.shared.command_line import reported
from rf.shared.offline.invention import ACCOUNT_ID
from rf.shared.offline.record import record
from rf.shared.project import PROGRAM
from rf.shared.sandbox import emulator
from rf.shared.sandbox.api import Api
from rf.shared.sandbox.emulator import Emulator
from rf.shared.stacks import stack_config
from rf.shared.termination import end_process, stopping_cleanly
from rf.up import bring_up as sandbox
from rf.up.bring_up import bring_up
from rf.up.view import show
from tests.conftest import Planned

ONE_BUCKET = """
import pulumi
import pulumi_aws as aws

provider = aws.Provider(
    "aws", region="eu-west-1", default_tags=aws.ProviderDefaultTagsArgs(tags={"stack": "tiny"})
)
on_aws = pulumi.ResourceOptions(provider=provider)
bucket = aws.s3.Bucket("files", bucket="researchflow-tiny", opts=on_aws)
"""

BROKEN = (
    ONE_BUCKET
    + """
vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16", opts=on_aws)
aws.ec2.Subnet("outside", vpc_id=vpc.id, cidr_block="192.168.0.0/24", opts=on_aws)
"""
)


def up(path: Path, out: Path, *, keep: bool = False, as_json: bool = False) -> int:
    """What the command does with a program of ours; its exit code."""
    try:
        with reported():
            result = bring_up(path, "researchflow", "tiny", keep=keep, out=out)
            show(result, as_json=as_json)
    except typer.Exit as ended:
        return ended.exit_code
    return 1 if result.differing else 0


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Emulator]:
    """Every emulator that a command starts."""
    emulators: list[Emulator] = []

    class Watched(Emulator):
        def __enter__(self) -> Emulator:
            emulators.append(self)
            return super().__enter__()

    monkeypatch.setattr(sandbox, "Emulator", Watched)
    return emulators


def program(folder: Path, text: str) -> Path:
    path = folder / "__main__.py"
    path.write_text(text)
    return path


def answers(endpoint: str) -> bool:
    try:
        urlopen(f"{endpoint}/moto-api/", timeout=2).close()
    except URLError:
        return False
    return True


@pytest.mark.usefixtures("lent")
@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_stack_comes_up_as_planned(planned: Planned, stack: str, tmp_path: Path) -> None:
    outcome = bring_up(
        PROGRAM,
        "researchflow",
        stack,
        config=stack_config(stack),
        plan_of=lambda: planned(stack),
        out=tmp_path / "files",
    )
    assert outcome.differing == []
    aws = {r.urn for r in outcome.plan.resources if r.custom and r.type.startswith("aws:")}
    assert set(outcome.created) == aws
    checked = {check.kind for check in outcome.checks}
    assert {"subnet", "security group", "database", "Redis", "node group", "role"} <= checked
    assert outcome.exported.count("kubernetes") > 20
    [replicas] = [
        check.found
        for check in outcome.checks
        if (check.kind, check.subject) == ("database", "instances")
    ]
    assert replicas == {"dev": 1, "prod": 3}[stack]


def test_real_ids_flow_through_the_program_s_outputs(
    tmp_path: Path, started: list[Emulator], capsys: pytest.CaptureFixture[str]
) -> None:
    text = ONE_BUCKET + (
        'key = aws.kms.Key("key", opts=on_aws)\n'
        'aws.kms.Alias("key", name="alias/tiny", target_key_id=key.key_id, opts=on_aws)\n'
        'pulumi.export("key", key.arn)\n'
        'aws.cloudwatch.LogGroup("edge", name="/edge", region="us-east-1", opts=on_aws)\n'
    )
    assert up(program(tmp_path, text), tmp_path / "files", as_json=True) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["ok"] is True
    ids = {entry["type"]: entry["id"] for entry in shown["created"]}
    assert len(ids["aws:kms/key:Key"]) == 36
    assert ids["aws:s3/bucket:Bucket"] == "researchflow-tiny"
    # The log group is read back where it was made: in its own region, not in its provider's.
    groups = {c["verdict"] for c in shown["checks"] if c["kind"] == "log group"}
    assert groups == {"ok"}
    assert not answers(started[0].endpoint)


def test_a_failure_names_the_resource_and_stops_the_server(
    tmp_path: Path, started: list[Emulator], capsys: pytest.CaptureFixture[str]
) -> None:
    assert up(program(tmp_path, BROKEN), tmp_path / "files") == 1
    said = capsys.readouterr().err
    assert "aws:ec2/subnet:Subnet::outside" in said
    assert "InvalidSubnet" in said
    assert not answers(started[0].endpoint)


def test_a_program_that_cannot_be_planned_starts_nothing(
    tmp_path: Path, started: list[Emulator], capsys: pytest.CaptureFixture[str]
) -> None:
    twice = ONE_BUCKET + 'aws.s3.Bucket("files", bucket="again", opts=on_aws)\n'
    assert up(program(tmp_path, twice), tmp_path / "files") == 1
    assert "duplicate-urn" in capsys.readouterr().err
    assert started == []


def test_keep_leaves_the_server_reachable_and_says_how(
    tmp_path: Path,
    started: list[Emulator],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = program(tmp_path, ONE_BUCKET)
    # As commands run, whose end forgets what they kept: the next one's signal is another's.
    with stopping_cleanly():
        code = up(path, tmp_path / "files", keep=True, as_json=True)
    assert code == 0
    [running] = started
    try:
        server = json.loads(capsys.readouterr().out)["server"]
        assert answers(server["endpoint"])
        assert server["pid"] == running.pid
        assert server["region"] == "eu-west-1"
        for name, value in server["environment"].items():
            monkeypatch.setenv(name, value)
        buckets = boto3.Session().client("s3").list_buckets()["Buckets"]
        assert [bucket["Name"] for bucket in buckets] == ["researchflow-tiny"]
    finally:
        running.stop()
    assert not answers(running.endpoint)


@pytest.mark.usefixtures("lent")
def test_a_difference_makes_the_command_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    untouched = sandbox.verify

    def verify_a_broken_world(api, plan, skipped):
        api.client("s3").delete_bucket(Bucket="researchflow-tiny")
        return untouched(api, plan, skipped)

    monkeypatch.setattr(sandbox, "verify", verify_a_broken_world)
    assert up(program(tmp_path, ONE_BUCKET), tmp_path / "files") == 1
    assert "differs from the plan" in capsys.readouterr().out


def test_a_server_that_fails_to_start_is_told_with_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken_server.py"
    broken.write_text("raise SystemExit('moto is not what it was')\n")
    monkeypatch.setattr(emulator, "SERVER", broken)
    assert up(program(tmp_path, ONE_BUCKET), tmp_path / "out") == 1
    said = capsys.readouterr().err
    assert "the emulator did not answer" in said
    assert "moto is not what it was" in said
    assert "violation" not in said


def test_services_loaded_ahead_are_no_limit() -> None:
    with Emulator(ACCOUNT_ID, ["s3", "unheard-of"]) as running:
        api = Api(running, "eu-west-1")
        assert api.call("s3", "ListBuckets")["Buckets"] == []
        assert api.call("sqs", "ListQueues").emulated


def test_a_server_that_is_asked_to_end_does_so_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[subprocess.Popen[bytes]] = []

    def watched(process: subprocess.Popen[bytes]) -> None:
        end_process(process)
        ended.append(process)

    monkeypatch.setattr(emulator, "end_process", watched)
    with Emulator(ACCOUNT_ID, ["s3"]) as running:
        running.await_answer()
    # By the signal, not by an exit that first takes apart all that moto has loaded.
    assert {process.returncode for process in ended} == {-signal.SIGTERM}


@pytest.mark.usefixtures("lent")
def test_a_plan_at_hand_is_not_recorded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = program(tmp_path, ONE_BUCKET)
    at_hand = record(path, "researchflow", "tiny")
    recorded: list[str] = []
    monkeypatch.setattr(sandbox, "record", lambda *_, **__: recorded.append("again"))
    outcome = bring_up(
        path, "researchflow", "tiny", plan_of=lambda: at_hand, out=tmp_path / "files"
    )
    assert recorded == []
    assert [created.id for created in outcome.created.values()] == ["researchflow-tiny"]
