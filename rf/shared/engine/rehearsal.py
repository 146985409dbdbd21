"""A stack deployed by Pulumi's engine, for real but for the cloud: on the embedded AWS and an API
server, both of this machine."""

from __future__ import annotations

import os
import secrets
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
from pulumi import automation
from pulumi.automation.errors import CommandError
from pulumi.runtime.proto import provider_pb2_grpc

from rf.shared.cluster.objects import ClusterClient
from rf.shared.cluster.played import PlayedCluster
from rf.shared.engine.binaries import EngineBinaries
from rf.shared.engine.card_provider import CardProvider, EmbeddedAccount
from rf.shared.engine.command import EngineCommand, environment_of
from rf.shared.engine.kubernetes_provider import LARGE_MESSAGES, KubernetesProvider
from rf.shared.engine.policy_pack import policy_pack
from rf.shared.engine.runs import EngineRun, StepLog
from rf.shared.offline import sdk
from rf.shared.offline.surroundings import without_shell_defaults
from rf.shared.plan import References, reveal
from rf.shared.sandbox.api import ACCESS_KEY, SECRET_KEY
from rf.shared.sandbox.emulator import LOOPBACK, Server, require_loopback
from rf.shared.sandbox.neighbours import make_primaries, with_zones
from rf.shared.servers.processes import Process, printed_port
from rf.shared.termination import begin
from scaleplan.config import engine_config

PROGRAM_SERVER = Path(__file__).with_name("program_server.py")

BY_CARDS = ("aws", "random", "tls")
"""Packages whose providers are the cards here."""

PARALLEL = 16
"""Resources that the engine works on at once; as many calls the providers take."""


class Rehearsal:
    """Stacks of the project in a backend of their own, with the cards for providers.

    Make it by `rehearsing`, which starts what it needs and stops it again.
    """

    def __init__(
        self,
        project: str,
        folder: Path,
        command: EngineCommand,
        *,
        providers: Sequence[CardProvider],
        account: EmbeddedAccount,
        cluster: ClusterClient,
        environment: Mapping[str, str],
        running: ExitStack,
        played: PlayedCluster | None = None,
    ) -> None:
        self.project = project
        self.folder = folder
        self.engine = Path(command.command)
        self.environment = environment
        """What leads a client, Pulumi's, AWS' or Kubernetes', to what stands."""
        self.account = account
        self.cluster = cluster
        self.played = played
        """What makes machines and charts' pods, where the cluster has controllers."""
        self.fails = ""
        self.pack: Path | None = None
        self._providers = providers
        self._command = command
        self._running = running
        self._programs: dict[Path, str] = {}
        self._zones: dict[str, Any] = {}

    def take_program(self, directory: Path) -> None:
        """From now on the program is that of this directory, whose process stays until the end, and
        its policy pack the one that judges, if it has one."""
        if directory not in self._programs:
            self._programs[directory] = _program_served(directory, self.folder, self._running)
        self._command.program = self._programs[directory]
        pack = directory / "policy"
        self.pack = pack if pack.is_dir() else None

    def stack(self, name: str) -> RehearsedStack:
        """A stack of the project, made when it is first asked for."""
        options = automation.LocalWorkspaceOptions(
            work_dir=str(self.work_folder(name)),
            pulumi_command=self._command,
            project_settings=automation.ProjectSettings(name=self.project, runtime="python"),
        )
        stack = automation.create_or_select_stack(name, work_dir=options.work_dir, opts=options)
        return RehearsedStack(stack, self)

    def work_folder(self, name: str) -> Path:
        """Where the stack's project settings are."""
        return _made(self.folder / "work" / name)

    def fail(self, pattern: str) -> None:
        """From now on let creations and changes fail whose URN has the pattern; none if empty."""
        self.fails = pattern
        for provider in self._providers:
            provider.fail(pattern)

    def know(self, references: References) -> None:
        """Let stacks that are read exist: their outputs, and of what these name in the account
        what this stack's own resources need. Raises CreationError where the emulator refuses it.
        """
        new = {name: each for name, each in references.items() if name not in self._zones}
        make_primaries(self.account.api, new)
        for name, outputs in with_zones(self.account.api, new).items():
            self._zones[name] = outputs.get("zoneId")
        self.import_outputs(
            {
                name: {**outputs, "zoneId": self._zones[name]} if self._zones[name] else outputs
                for name, outputs in references.items()
            }
        )

    def import_outputs(self, references: References) -> None:
        """Let stacks have these outputs and nothing else."""
        for name, outputs in references.items():
            self.stack(name).import_outputs(self.project, name, reveal(outputs))


class RehearsedStack:
    """One stack. Each method but `configure` is a run of the engine."""

    def __init__(self, stack: automation.Stack, rehearsal: Rehearsal) -> None:
        self._stack = stack
        self._rehearsal = rehearsal

    def configure(self, project: str, config: Mapping[str, object]) -> None:
        """The stack's config, in place of what it had."""
        texts = engine_config.texts(project, config)
        secret = set(engine_config.secret_keys(texts))
        known = self._stack.get_all_config()
        if known:
            self._stack.remove_all_config(list(known))
        values = {
            key: automation.ConfigValue(value, secret=key in secret) for key, value in texts.items()
        }
        self._stack.set_all_config(values)

    def preview(self, plan: Path | None = None, *, judged: bool = True) -> EngineRun:
        """What an update would do. To `plan` the engine writes what each resource is to be; the
        policy pack's rules are left out where it is not to be `judged`."""
        file = str(plan) if plan else None
        with self._policy_packs(preview=True) if judged else nullcontext([]) as packs:
            return self._run(
                "preview",
                lambda log: self._stack.preview(
                    parallel=PARALLEL, on_event=log, plan=file, policy_packs=packs
                ),
            )

    def up(self) -> EngineRun:
        """Update the stack."""
        with self._policy_packs(preview=False) as packs:
            return self._run(
                "up",
                lambda log: self._stack.up(parallel=PARALLEL, on_event=log, policy_packs=packs),
            )

    def refresh(self) -> EngineRun:
        """Read what stands, and note what differs from the state."""
        return self._run(
            "refresh", lambda log: self._stack.refresh(parallel=PARALLEL, on_event=log)
        )

    def destroy(self) -> EngineRun:
        """Delete everything, or nothing where its preview fails, as the command line does: without
        one the engine deletes what is not protected beside what is."""
        preview = self._run(
            "destroy", lambda log: self._stack.preview_destroy(parallel=PARALLEL, on_event=log)
        )
        if preview.failure:
            return replace(preview, steps=())
        return self._run(
            "destroy", lambda log: self._stack.destroy(parallel=PARALLEL, on_event=log)
        )

    def state(self) -> dict[str, Any]:
        """The state, with every secret marked as one, and in plain text."""
        return dict(self._stack.export_stack().deployment or {})

    def import_outputs(self, project: str, name: str, outputs: Mapping[str, Any]) -> None:
        """A state of nothing but these outputs."""
        root = f"urn:pulumi:{name}::{project}::pulumi:pulumi:Stack::{project}-{name}"
        resource = {
            "urn": root,
            "custom": False,
            "type": "pulumi:pulumi:Stack",
            "outputs": dict(outputs),
        }
        manifest = {"time": "2026-01-01T00:00:00Z", "magic": "", "version": ""}
        self.import_state({"manifest": manifest, "resources": [resource]})

    def import_state(self, state: Mapping[str, Any]) -> None:
        """Put a state, as `state` gives it, in place of what the backend holds."""
        self._stack.import_stack(automation.Deployment(version=3, deployment=dict(state)))

    @contextmanager
    def _policy_packs(self, *, preview: bool) -> Iterator[list[str]]:
        """What judges a run: the pack beside the program, if there is one."""
        pack = self._rehearsal.pack
        if pack is None:
            yield []
            return
        values = self._stack.get_all_config()
        with policy_pack(
            pack,
            self._rehearsal.folder,
            project=self._rehearsal.project,
            stack=self._stack.name,
            config={key: value.value for key, value in values.items() if not value.secret},
            preview=preview,
        ) as program:
            yield [str(program)]

    def _run(self, kind: str, act: Callable[[StepLog], object]) -> EngineRun:
        log = StepLog()
        try:
            with without_shell_defaults():
                act(log)
        except CommandError as error:
            return log.run(kind, failure=str(error))
        return log.run(kind)


@contextmanager
def rehearsing(
    project: str,
    folder: Path,
    binaries: EngineBinaries,
    *,
    aws: Server,
    region: str,
    kubeconfig: Path,
    cluster: ClusterClient,
    kubernetes_address: str,
    played: PlayedCluster | None = None,
) -> Iterator[Rehearsal]:
    """A rehearsal in `folder`, its providers served while it lasts.

    `aws` is the emulator, `cluster` an API server of this machine with its `kubeconfig`,
    `kubernetes_address` where Pulumi's provider for it listens, `played` where pods become ready,
    which the provider then waits for. Raises ValueError for any that is not on this machine, before
    anything is served or run.
    """
    for endpoint in (aws.endpoint, cluster.server, kubernetes_address):
        require_loopback(endpoint)
    sdk.load(BY_CARDS)
    with ExitStack() as stack:
        account = EmbeddedAccount(aws, region)
        cards, releases = CardProvider(account), CardProvider(account)
        objects = KubernetesProvider(kubernetes_address, kubeconfig, cluster, releases, played)
        aws_port = stack.enter_context(served(cards))
        cluster_port = stack.enter_context(served(objects))
        providers = dict.fromkeys(BY_CARDS, aws_port) | {"kubernetes": cluster_port}
        environment = environment_of(
            _made(folder / "home"),
            _made(folder / "state"),
            secrets.token_urlsafe(24),
            providers,
        )
        command = EngineCommand(binaries, environment)
        yield Rehearsal(
            project,
            folder,
            command,
            providers=[cards, releases],
            account=account,
            cluster=cluster,
            environment=_for_clients(environment, aws, region, kubeconfig),
            running=stack,
            played=played,
        )


def _for_clients(
    engine: Mapping[str, str], aws: Server, region: str, kubeconfig: Path
) -> dict[str, str]:
    """The engine's own settings, and those of AWS' and Kubernetes' clients."""
    return {
        **{name: value for name, value in engine.items() if name.startswith("PULUMI_")},
        "AWS_ENDPOINT_URL": aws.endpoint,
        **dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), region),
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "KUBECONFIG": str(kubeconfig),
    }


def _program_served(directory: Path, folder: Path, running: ExitStack) -> str:
    """Where the program of that directory is served, by a process that is among `running`."""
    log = folder / f"program-{secrets.token_hex(4)}.log"
    command = [sys.executable, str(PROGRAM_SERVER), str(directory)]
    process = Process(
        command, log, signal.SIGTERM, as_nobody=False, environment={"TMPDIR": str(folder)}
    )
    running.callback(process.stop)
    return f"{LOOPBACK}:{printed_port(process)}"


@contextmanager
def served(servicer: provider_pb2_grpc.ResourceProviderServicer) -> Iterator[int]:
    """A provider on a free port of this machine, until the block ends."""
    workers = ThreadPoolExecutor(PARALLEL, thread_name_prefix="provider")
    server = grpc.server(workers, options=LARGE_MESSAGES)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port(f"{LOOPBACK}:0")
    with begin(
        "a provider of the rehearsal", lambda: _started(server), lambda s: s.stop(grace=None)
    ):
        yield port


def _started(server: grpc.Server) -> grpc.Server:
    server.start()
    return server


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
