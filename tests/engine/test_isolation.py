"""A rehearsal touches nothing of whoever starts it, shows no secret, and leaves nothing behind."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pulumi.automation.errors import CommandError

from rf.rehearse.rehearse import GO_ON
from rf.rehearse.result import RehearsalResult, RehearsedRun
from rf.rehearse.surroundings import standing_on
from rf.rehearse.view import show
from rf.shared.engine.binaries import find_engine
from rf.shared.engine.rehearsal import PARALLEL
from rf.shared.engine.runs import StepLog
from rf.shared.plan import RecordedPlan, map_secrets, redact, reveal
from rf.shared.plan_document import document_of
from rf.shared.project import PROJECT_ROOT
from rf.shared.stacks import project_name, stack_config
from tests.conftest import Planned

pytestmark = pytest.mark.engine

# --- Nothing real is reached ---------------------------------------------------------------------


class Bystander:
    """A server that nobody may call: it counts who does."""

    def __init__(self) -> None:
        self.calls = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self.calls += 1
                connection.close()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def bystander() -> Iterator[Bystander]:
    server = Bystander()
    yield server
    server.close()


PACKAGES = ("aws", "kubernetes", "random", "tls")

PROGRAMS = (
    *(f"pulumi-resource-{package}" for package in PACKAGES),
    "aws",
    "helm",
    "kubectl",
    "pulumi-analyzer-policy-python",
    "pulumi-language-python",
    "python",
    "python3",
)

TOKEN = "pul-0123456789abcdef0123456789abcdef01234567"
ACCESS_KEY = "AKIAREALREALREALREAL"
SECRET_KEY = "realrealrealrealrealrealrealrealrealreal"


def plant(folder: Path, bystander: Bystander) -> dict[str, str]:
    """Everything by which the tools of a person who deploys find the real thing; the environment
    that names it. Whatever is started here writes the file `started`."""

    def program(path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!/bin/sh\necho "$0" "$@" >> {folder}/started\nexit 1\n')
        path.chmod(0o755)
        return path

    def text(path: Path, content: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return path

    home = folder / "home"
    for name in PROGRAMS:
        program(folder / "bin" / name)
    for package in PACKAGES:
        for version in ("v4.34.2", "v4.21.4", "v5.6.2", "v7.51.1"):
            plugin = folder / "pulumi" / "plugins" / f"resource-{package}-{version}"
            program(plugin / f"pulumi-resource-{package}")
    for kind in ("analyzer-policy-python", "language-python"):
        program(folder / "pulumi" / "plugins" / f"{kind}-v3.274.1" / f"pulumi-{kind}")
    (folder / "backend").mkdir()
    text(
        home / ".aws" / "credentials",
        f"[real]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n",
    )
    process = program(folder / "credentials")
    text(
        home / ".aws" / "config",
        f"[default]\nendpoint_url = {bystander.address}\ncredential_process = {process}\n"
        f"[profile real]\nendpoint_url = {bystander.address}\n",
    )
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "real", "cluster": {"server": bystander.address}}],
        "users": [
            {
                "name": "real",
                "user": {
                    "exec": {
                        "apiVersion": "client.authentication.k8s.io/v1",
                        "command": str(program(folder / "token")),
                        "interactiveMode": "Never",
                    }
                },
            }
        ],
        "contexts": [{"name": "real", "context": {"cluster": "real", "user": "real"}}],
        "current-context": "real",
    }
    for path in (home / ".kube" / "config", folder / "kubeconfig"):
        text(path, json.dumps(kubeconfig))
    proxies = ("all_proxy", "grpc_proxy", "http_proxy", "https_proxy")
    return {
        "HOME": str(home),
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_PROFILE": "real",
        "AWS_ENDPOINT_URL": bystander.address,
        "AWS_REGION": "eu-central-1",
        "ETCD_LOG_OUTPUTS": str(folder / "started"),
        "KUBECONFIG": str(folder / "kubeconfig"),
        "KUBERNETES_SERVICE_HOST": "127.0.0.1",
        "KUBERNETES_SERVICE_PORT": bystander.address.rsplit(":", 1)[1],
        "PULUMI_ACCESS_TOKEN": TOKEN,
        "PULUMI_BACKEND_URL": f"file://{folder / 'backend'}",
        "PULUMI_CONFIG_PASSPHRASE": "real",
        "PULUMI_HOME": str(folder / "pulumi"),
        **dict.fromkeys(proxies, bystander.address),
        **dict.fromkeys([name.upper() for name in proxies], bystander.address),
    }


def contents(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def looked_at(way: str, command: str, environment: Mapping[str, str]) -> str:
    """What a command answers in a shell of the person's own that took the way in."""
    ran = subprocess.run(
        ["/bin/sh", "-c", f"{way} && {command}"],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


CLIENTS = """
import json, os, urllib.request
import boto3
from kubernetes import client, config
config.load_kube_config(os.environ["KUBECONFIG"])
print(json.dumps({
    "databases": [each["DBInstanceIdentifier"] for each
                  in boto3.client("rds").describe_db_instances()["DBInstances"]],
    "namespaces": [each.metadata.name for each in client.CoreV1Api().list_namespace().items],
}))
"""


def test_what_leads_to_something_real_is_untouched(tmp_path: Path, bystander: Bystander) -> None:
    """Neither by the rehearsal, nor by whoever looks at what it keeps."""
    planted, scratch = tmp_path / "planted", tmp_path / "scratch"
    planted.mkdir()
    scratch.mkdir()
    environment = {
        key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")
    }
    environment |= plant(planted, bystander) | {"TMPDIR": str(scratch)}
    before = contents(planted)
    command = [sys.executable, "-m", "rf", "rehearse", "--stack", "dev", "--keep"]
    with subprocess.Popen(
        command,
        cwd=PROJECT_ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as kept:
        assert kept.stderr is not None
        try:
            said, way, pulumi = (kept.stderr.readline().strip() for _ in range(3))
            urns = looked_at(way, f"{pulumi} --show-urns", environment)
            python = f"{shlex.quote(sys.executable)} -c {shlex.quote(CLIENTS)}"
            standing = json.loads(looked_at(way, python, environment))
        finally:
            kept.send_signal(signal.SIGINT)
            output, errors = kept.communicate()
    assert said == "It stands until Ctrl-C. In another shell:"
    said = output + errors
    assert kept.returncode == 130, said
    assert output.startswith("dev: the rehearsal went as it must")
    assert errors.endswith(f"; {GO_ON}.\n")
    assert "aws:rds/instance:Instance::database-primary" in urns
    assert len(standing["databases"]) == 1
    assert "researchflow" in standing["namespaces"]
    assert contents(planted) == before
    assert bystander.calls == 0
    assert list(scratch.iterdir()) == []
    assert [value for value in (TOKEN, ACCESS_KEY, SECRET_KEY) if value in said] == []


# --- No secret is shown --------------------------------------------------------------------------

SHORTEST_SECRET = 12
"""Characters. Below it are names and numbers that stand in a secret text beside what is secret."""


def texts_in(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for each in value.values():
                yield from texts_in(each)
        case list():
            for each in value:
                yield from texts_in(each)


def secrets_of(plan: RecordedPlan) -> Iterator[str]:
    """Every text that the plan holds as a secret; of private keys each line, too."""
    values: list[Any] = []
    for resource in plan.resources:
        for properties in (resource.inputs, resource.outputs):
            map_secrets(properties, lambda secret: values.append(reveal(secret)))
    for text in texts_in(values):
        yield text
        if "PRIVATE KEY" in text:
            yield from (line for line in text.splitlines() if "-----" not in line)


def open_texts_of(plan: RecordedPlan) -> str:
    return json.dumps([[redact(each.inputs), redact(each.outputs)] for each in plan.resources])


def secrets_in(state: Any) -> Iterator[str]:
    """Every text that the engine holds as a secret, of a state exported with `--show-secrets`."""
    match state:
        case {"plaintext": str(text)}:
            yield from texts_in(json.loads(text))
        case dict():
            for each in state.values():
                yield from secrets_in(each)
        case list():
            for each in state:
                yield from secrets_in(each)


def forms(secret: str) -> set[str]:
    """A text as it may stand in an output: plain, in JSON, in base64, in a URL."""
    encoded = base64.b64encode(secret.encode()).decode()
    return {secret, json.dumps(secret)[1:-1], encoded, quote(secret, safe="")}


@dataclass(frozen=True)
class Written:
    """What a deployment wrote, by who wrote it, and what none of it may have."""

    texts: Mapping[str, str]
    secrets: frozenset[str]


def printed(result: RehearsalResult, *, as_json: bool) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as output:
        show(result, as_json=as_json)
    return output.getvalue()


@pytest.fixture(scope="module")
def written(planned: Planned, tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Of dev, deployed and then previewed with staging's size, which a rule forbids."""
    folder = tmp_path_factory.mktemp("rehearsal")
    plan = planned("dev")
    texts: dict[str, str] = {}
    runs: list[RehearsedRun] = []
    engine = find_engine()
    plans = [document_of(plan), document_of(planned("staging"))]
    with standing_on(project_name(), folder, engine, plans) as rehearsal:
        rehearsal.take_program(PROJECT_ROOT)
        rehearsed = rehearsal.stack("dev")
        stack = rehearsed._stack

        def run(title: str, act: Callable[..., Any], size: str | None = None) -> None:
            rehearsed.configure(project_name(), stack_config("dev", size=size))
            log = StepLog()
            with rehearsed._policy_packs(preview=title.startswith("preview")) as packs:
                try:
                    result = act(diff=True, parallel=PARALLEL, on_event=log, policy_packs=packs)
                    texts[title] = result.stdout + result.stderr
                except CommandError as error:
                    texts[title] = str(error)
            runs.append(RehearsedRun(title=title, run=log.run(title)))

        def asked(*command: str) -> str:
            named = [*command, "--stack", "dev"]
            return rehearsal._command.run(named, stack.workspace.work_dir, {}).stdout

        run("preview --diff", stack.preview)
        run("up --diff", stack.up)
        run("preview --diff of another size", stack.preview, "medium")
        texts["stack output"] = asked("stack", "output")
        texts["stack output --json"] = asked("stack", "output", "--json")
        texts["stack export"] = asked("stack", "export")
        state = json.loads(asked("stack", "export", "--show-secrets"))
        for path in folder.rglob("*"):
            # Where the API server keeps its objects, Secrets stand as they are.
            if path.is_file() and folder / "cluster" / "etcd" not in path.parents:
                texts[str(path.relative_to(folder))] = path.read_text(errors="replace")
    result = RehearsalResult(stack="dev", engine=engine.version, runs=tuple(runs))
    for name, as_json in (("rf rehearse", False), ("rf rehearse --json", True)):
        texts[name] = printed(result, as_json=as_json)
    shown = open_texts_of(plan)
    secrets = {*secrets_of(plan), *secrets_in(state)}
    hidden = {
        text
        for text in secrets
        if len(text) >= SHORTEST_SECRET and not any(form in shown for form in forms(text))
    }
    return Written(texts, frozenset(hidden))


def test_no_secret_is_written_in_plain_text(written: Written, planned: Planned) -> None:
    passwords = planned("dev").of_type("random:index/randomPassword:RandomPassword")
    keys = planned("dev").of_type("tls:index/privateKey:PrivateKey")
    assert {reveal(each.outputs["result"]) for each in passwords} <= written.secrets
    assert {reveal(each.outputs["privateKeyPem"]) for each in keys} <= written.secrets
    leaks = sorted(
        (name, secret[:4])
        for secret in written.secrets
        for form in forms(secret)
        for name, text in written.texts.items()
        if form in text
    )
    assert leaks == []


def test_what_is_searched_shows_what_is_no_secret(written: Written) -> None:
    """Else a search that finds nothing would say nothing."""
    for name in ("preview --diff", "up --diff", "preview --diff of another size", "stack export"):
        assert "researchflow-dev" in written.texts[name], name
    for name in ("preview --diff of another size", "rf rehearse", "rf rehearse --json"):
        assert "data-protected-from-medium" in written.texts[name], name
    assert "[secret]" in written.texts["up --diff"]
    assert any(name.endswith("/dev.json") for name in written.texts)


# --- A signal in the middle of the update --------------------------------------------------------

DRIVER = """
import os, runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
from rf.shared.engine.card_provider import CardProvider
from rf.shared.engine.rehearsal import RehearsedStack
from rf.shared.engine.runs import EngineRun
# What comes before the update is another test's.
RehearsedStack.preview = lambda _: EngineRun(kind="preview", steps=())
said, create, created = int(sys.argv[1]), CardProvider.Create, []
def counted(self, request, context):
    created.append(request.urn)
    if len(created) == 40:
        os.write(said, b"creates")
    return create(self, request, context)
CardProvider.Create = counted
sys.argv = ["rf", "rehearse", "--stack", "dev"]
runpy.run_module("rf", run_name="__main__", alter_sys=True)
"""


def descendants(pid: int) -> dict[int, str]:
    """Process to its command line."""
    found: dict[int, str] = {}
    for thread in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (thread / "children").read_text().split()):
            command = Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ")
            found |= {child: command, **descendants(child)}
    return found


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_in_the_update_leaves_nothing(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    heard, said = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(said)],
        cwd=PROJECT_ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        pass_fds=[said],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        os.close(said)
        creates = os.read(heard, 16)
        os.close(heard)
        started = descendants(running.pid)
        running.send_signal(number)
        output, errors = running.communicate()
    assert creates == b"creates", errors
    programs = ("pulumi ", "pulumi.policy", "pulumi-resource-kubernetes", "etcd", "kube-apiserver")
    for program in (*programs, "moto_serv"):
        assert any(program in command for command in started.values()), program
    assert running.returncode == code, errors
    assert output == ""
    assert errors.startswith(f"Stopped by {number.name}; undone: Pulumi's engine"), errors
    assert errors.endswith(f"; {GO_ON}.\n")
    assert errors.count("\n") == 1
    assert [each for each in started if Path(f"/proc/{each}").exists()] == []
    assert list(tmp_path.iterdir()) == []
