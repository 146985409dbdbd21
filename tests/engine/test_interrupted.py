"""A deployment that waits for its approval, and one that is killed: what comes after."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from rf.shared.cluster.objects import ClusterClient
from rf.shared.engine import kubernetes_provider
from rf.shared.engine.card_provider import CardProvider
from rf.shared.engine.rehearsal import Rehearsal, RehearsedStack
from rf.shared.offline.invention import Registration
from rf.shared.project import PROJECT_ROOT
from rf.shared.servers.processes import wait_until
from rf.shared.stacks import project_name
from scaleplan.observability.alerts import SECRET_KEYS
from tests.conftest import Planned
from tests.engine.conftest import Standing
from tests.engine.rehearsed import changed_nothing, went_well
from tests.helm_program import find_helm
from tests.played_page import played_blocks

pytestmark = pytest.mark.engine

SECRET_KEY = min(SECRET_KEYS)
PLANTED = "planted-in-the-stacks-config"

PROGRAM = f"""
import pulumi
import pulumi_aws as aws

config = pulumi.Config()
opts = pulumi.ResourceOptions(provider=aws.Provider("aws", region="us-east-1"))
tags = {{"level": config.require("level")}}
secret = aws.secretsmanager.Secret("secret", name=pulumi.get_stack(), tags=tags, opts=opts)
aws.secretsmanager.SecretVersion(
    "value", secret_id=secret.id, secret_string=config.require_secret("{SECRET_KEY}"), opts=opts
)
"""
WITH_A_QUEUE = f'{PROGRAM}aws.sqs.Queue("queue", name="queue", opts=opts)\n'
SECRET = "aws:secretsmanager/secret:Secret"
PAGE = played_blocks("interrupted-deployment.md")

SETTINGS = {"level": "one", SECRET_KEY: PLANTED}


@dataclass(frozen=True, kw_only=True)
class Deployments:
    """A program of three resources, which a test may change."""

    rehearsal: Rehearsal
    program: Path

    def write(self, program: str) -> None:
        (self.program / "__main__.py").write_text(program, encoding="utf-8")

    def stack(self, name: str) -> RehearsedStack:
        stack = self.rehearsal.stack(name)
        self.configure(stack)
        return stack

    def configure(self, stack: RehearsedStack, **settings: str) -> None:
        stack.configure(project_name(), SETTINGS | settings)

    def run(self, stack: str, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """A command of the workflow or of the page, where the stack's files are."""
        return subprocess.run(
            command,
            cwd=self.rehearsal.work_folder(stack),
            env=self.environment | {"STACK": stack} | variables,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def environment(self) -> dict[str, str]:
        folders = (self.rehearsal.engine.parent, find_helm().parent, os.environ["PATH"])
        return {
            **self.rehearsal.environment,
            "HOME": str(self.rehearsal.folder / "home"),
            "PATH": ":".join(map(str, folders)),
            "PYTHONPATH": str(PROJECT_ROOT),
        }

    def play(self, block: str, stack: str, **variables: str) -> str:
        """What a block of the page prints; the test fails with the block's own words."""
        played = self.run(stack, "bash", "-ec", PAGE[block], **variables)
        assert played.returncode == 0, f"{block}: {played.stdout}{played.stderr}"
        return played.stdout


@pytest.fixture(scope="module")
def deployments(
    standing: Standing, planned: Planned, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployments]:
    program = tmp_path_factory.mktemp("program")
    plan = planned("dev")
    kinds = ("aws:secretsmanager/", "aws:sqs/")
    few = tuple(each for each in plan.resources if each.type.startswith(kinds))
    with standing(replace(plan, resources=few)) as rehearsal:
        made = Deployments(rehearsal=rehearsal, program=program)
        made.write(PROGRAM)
        rehearsal.take_program(program)
        yield made


@dataclass(frozen=True, kw_only=True)
class Approvals:
    """The two jobs of a deployment: one keeps what it previews, one compares what it previews."""

    deployments: Deployments
    stack: RehearsedStack
    name: str
    folder: Path

    @property
    def kept(self) -> Path:
        return self.folder / "approval.yaml"

    @property
    def plan(self) -> Path:
        return self.folder / "plan.json"

    def keep(self) -> None:
        kept = self._asked("keep", "--to")
        assert kept.returncode == 0, kept.stderr

    def refusal(self, commit: str = "abc") -> str:
        """Why a deployment would not go on; empty where it would."""
        compared = self._asked("compare", "--with", commit)
        assert (compared.returncode == 0) == (not compared.stderr)
        return compared.stderr

    def _asked(
        self, command: str, option: str, commit: str = "abc"
    ) -> subprocess.CompletedProcess[str]:
        went_well(self.stack.preview(self.plan))
        tool = (sys.executable, "-m", "tools.approval", command, "--stack", self.name)
        return self.deployments.run(
            self.name, *tool, "--commit", commit, "--plan", str(self.plan), option, str(self.kept)
        )


@pytest.fixture
def approvals(deployments: Deployments, tmp_path: Path) -> Callable[[str], Approvals]:
    def approved(name: str) -> Approvals:
        stack = deployments.stack(name)
        return Approvals(deployments=deployments, stack=stack, name=name, folder=tmp_path)

    return approved


def test_what_was_approved_is_deployed_and_nothing_else(
    approvals: Callable[[str], Approvals],
) -> None:
    jobs = approvals("dev")
    deployments = jobs.deployments
    jobs.keep()
    for file in (jobs.plan, jobs.kept):
        assert PLANTED not in file.read_text(encoding="utf-8")
    assert "secretsmanager" not in jobs.kept.read_text(encoding="utf-8")
    assert jobs.refusal() == ""
    assert "another commit" in jobs.refusal("def")

    deployments.configure(jobs.stack, **{"level": "two", SECRET_KEY: "another"})
    deployments.write(WITH_A_QUEUE)
    said = jobs.refusal()
    assert "secretsmanager/secret:Secret secret: create with another tags" in said
    assert "secretVersion:SecretVersion value: create with another secretString" in said
    assert "aws:sqs/queue:Queue queue: create was not planned" in said
    assert PLANTED not in said

    deployments.configure(jobs.stack)
    deployments.write(PROGRAM)
    went_well(jobs.stack.up())
    assert "its state is another" in jobs.refusal()
    jobs.keep()
    deployments.configure(jobs.stack, level="two")
    assert "secret: update where same was approved" in jobs.refusal()


def engines() -> Iterator[int]:
    """The engines that this process has started and that still run."""
    for file in Path("/proc/self/task").glob("*/children"):
        for process in file.read_text(encoding="utf-8").split():
            if Path(f"/proc/{process}/exe").resolve().name == "pulumi":
                yield int(process)


@contextmanager
def killed_at_the_secret(*, makes: bool) -> Iterator[list[str]]:
    """Meanwhile the engine is killed when the provider is asked for the secret: before or after it
    `makes` it. What was made is then in the list, by its ID."""
    make: Callable[..., Any] = CardProvider._made
    made: list[str] = []

    def killing(self: CardProvider, registration: Registration, *rest: Any) -> Any:
        if registration.token != SECRET:
            return make(self, registration, *rest)
        created = make(self, registration, *rest) if makes else None
        made.extend([created.id] if created else [])
        for process in engines():
            os.kill(process, signal.SIGKILL)
        return created

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CardProvider, "_made", killing)
        yield made


def test_the_next_run_goes_on_from_where_a_killed_one_was(deployments: Deployments) -> None:
    deployments.write(PROGRAM)
    stack = deployments.stack("staging")
    secret = f"urn:pulumi:staging::{project_name()}::{SECRET}::secret"
    with killed_at_the_secret(makes=False):
        assert stack.up().failure
    assert "currently locked" in stack.up().failure
    deployments.play("unlock", "staging")
    assert deployments.play("pending", "staging") == f"creating {secret}\n"
    deployments.play("forget", "staging")
    assert deployments.play("pending", "staging") == ""

    with killed_at_the_secret(makes=True) as made:
        assert stack.up().failure
    deployments.play("unlock", "staging")
    # The engine makes a second time what it doesn't know of.
    assert "the secret staging already exists" in stack.up().failure
    assert deployments.play("pending", "staging") == f"creating {secret}\n"
    deployments.play("adopt", "staging", URN=secret, ID=made[0])
    assert deployments.play("pending", "staging") == ""
    went_well(stack.up())
    changed_nothing(stack.preview())


CHART = {
    "Chart.yaml": "apiVersion: v2\nname: stands\nversion: 1.0.0\n",
    "templates/all.yaml": """
apiVersion: v1
kind: ConfigMap
metadata: {name: made}
data: {level: "{{ .Values.level }}"}
{{- if .Values.waits }}
---
apiVersion: batch/v1
kind: Job
metadata: {name: hook, annotations: {helm.sh/hook: "post-install,pre-upgrade"}}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: hook, image: hook}]}}}
{{- end }}
""",
}

HOOK = {
    "apiVersion": "batch/v1",
    "kind": "Job",
    "metadata": {"name": "hook", "namespace": "charts"},
}

RELEASING = """
import pulumi
import pulumi_kubernetes as kubernetes

kubernetes.helm.v3.Release(
    "release",
    name="stands",
    namespace="charts",
    create_namespace=True,
    chart="{chart}",
    atomic=True,
    values={{"level": pulumi.Config().require("level")}},
    opts=pulumi.ResourceOptions(provider=kubernetes.Provider("cluster", kubeconfig="{{}}")),
)
"""


@dataclass(frozen=True, kw_only=True)
class HelmBeside:
    """Helm's command line on the cluster of the stack's own release, which Pulumi's provider makes
    with the Helm that it has in it."""

    deployments: Deployments
    stack: RehearsedStack
    chart: Path

    def kill(self, command: str) -> None:
        """Let Helm install or upgrade the chart, and end with its hook under way."""
        words = ["helm", command, "stands", str(self.chart), "--set", "level=killed,waits=true"]
        process = subprocess.Popen(
            [*words, "--namespace", "charts", "--create-namespace", "--atomic"],
            env=self.deployments.environment,
            stdout=subprocess.DEVNULL,
        )
        try:
            wait_until(lambda: self._hook_is_there() or process.poll() is not None, "a hook")
            assert process.poll() is None
        finally:
            process.kill()
            process.wait()
        self.cluster.delete(HOOK)

    @property
    def cluster(self) -> ClusterClient:
        return self.deployments.rehearsal.cluster

    def level(self) -> str:
        """What the chart's object says."""
        return self.cluster.read("/api/v1/namespaces/charts/configmaps/made")["data"]["level"]

    def _hook_is_there(self) -> bool:
        return self.cluster.find(HOOK) is not None


@pytest.fixture
def helm(deployments: Deployments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HelmBeside:
    for name, text in CHART.items():
        file = tmp_path / "stands" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    # The chart is on this machine, so a release needs no stand-in.
    monkeypatch.setattr(kubernetes_provider, "_is_release", lambda _urn: False)
    chart = tmp_path / "stands"
    deployments.write(RELEASING.format(chart=chart))
    return HelmBeside(deployments=deployments, stack=deployments.stack("prod"), chart=chart)


def test_a_release_that_was_cut_off_goes_on_by_the_page(helm: HelmBeside) -> None:
    release = {"RELEASE": "stands", "NAMESPACE": "charts"}
    page = helm.deployments

    helm.kill("install")
    assert "cannot re-use a name" in helm.stack.up().failure
    assert "pending-install" in page.play("releases", "prod")
    page.play("uninstall", "prod", **release)
    went_well(helm.stack.up())
    assert helm.level() == "one"

    helm.kill("upgrade")
    page.configure(helm.stack, level="two")
    assert "another operation" in helm.stack.up().failure
    assert "pending-upgrade" in page.play("releases", "prod")
    page.play("rollback", "prod", **release)
    assert helm.level() == "one"
    assert "stands" not in page.play("releases", "prod")
    went_well(helm.stack.up())
    assert helm.level() == "two"
    changed_nothing(helm.stack.preview())
