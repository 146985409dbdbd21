"""What a rehearsal stands on: the embedded AWS, an API server, and Pulumi's provider for it."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from rf.shared.cluster.binaries import apiserver_folder, find_binaries, find_cluster_binaries
from rf.shared.cluster.control_plane import start_control_plane
from rf.shared.cluster.controllers import start_controllers
from rf.shared.cluster.definitions import definitions_for
from rf.shared.cluster.objects import ClusterClient
from rf.shared.cluster.played import PlayedCluster
from rf.shared.engine.binaries import EngineBinaries
from rf.shared.engine.rehearsal import Rehearsal, rehearsing
from rf.shared.offline.invention import ACCOUNT_ID
from rf.shared.offline.surroundings import without_shell_defaults
from rf.shared.plan_document import PlanDocument, PlannedResource
from rf.shared.sandbox.deployment import region_of, services_of
from rf.shared.sandbox.emulator import LOOPBACK, Emulator, require_loopback
from rf.shared.servers.processes import Process, printed_port, wait_until


@contextmanager
def standing_on(
    project: str,
    folder: Path,
    binaries: EngineBinaries,
    plans: Sequence[PlanDocument],
    *,
    on_cluster: bool = False,
) -> Iterator[Rehearsal]:
    """A rehearsal for stacks with these plans; everything stops with the block.

    `on_cluster`: the API server has scheduler, controllers and KWOK's kubelets beside it. Raises
    MissingServersError where one of them was not built, EmulatorError where the embedded AWS does
    not start.
    """
    resources = [resource for plan in plans for resource in plan.resources.values()]
    region = region_of(resources)
    with ExitStack() as stack, without_shell_defaults(), _temporary_files_in(folder):
        aws = stack.enter_context(Emulator(ACCOUNT_ID, services_of(resources)))
        kubeconfig, cluster = _api_server(stack, folder, resources, on_cluster=on_cluster)
        address = _kubernetes_provider(stack, folder, binaries)
        yield stack.enter_context(
            rehearsing(
                project,
                folder,
                binaries,
                aws=aws,
                region=region,
                kubeconfig=kubeconfig,
                cluster=cluster,
                kubernetes_address=address,
                played=PlayedCluster(cluster) if on_cluster else None,
            )
        )


@contextmanager
def _temporary_files_in(folder: Path) -> Iterator[None]:
    """Let what the Automation API writes on the way to the engine, states among it, go with the
    rehearsal's folder, also where it is stopped."""
    before = tempfile.tempdir
    tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


def _api_server(
    stack: ExitStack, folder: Path, resources: Sequence[PlannedResource], *, on_cluster: bool
) -> tuple[Path, ClusterClient]:
    """An API server that knows the kinds of the plans' custom resources."""
    directory = folder / "cluster"
    directory.mkdir(mode=0o700)
    plane = start_control_plane(stack, find_binaries(), directory)
    kubeconfig = plane.kubeconfig
    if on_cluster:
        start_controllers(stack, find_cluster_binaries(), directory, plane)
    cluster = ClusterClient(kubeconfig, directory / "discovery", alone=not on_cluster)
    require_loopback(cluster.server)
    unknown = [each for each in _objects(resources) if not cluster.serves(each)]
    for definition in definitions_for(unknown, apiserver_folder() / "crds").all:
        cluster.apply(definition)
    for kind, document in {each["kind"]: each for each in unknown}.items():
        wait_until(lambda document=document: cluster.serves(document), f"{kind} is served")
    return kubeconfig, cluster


def _objects(resources: Sequence[PlannedResource]) -> list[Mapping[str, Any]]:
    """One object of each kind."""
    kinds = {
        (each.inputs["apiVersion"], each.inputs["kind"]): each.inputs
        for each in reversed(resources)
        if each.type.startswith("kubernetes:") and "kind" in each.inputs
    }
    return list(kinds.values())


def _kubernetes_provider(stack: ExitStack, folder: Path, binaries: EngineBinaries) -> str:
    """Where Pulumi's provider listens: it prints its port."""
    log = folder / "kubernetes-provider.log"
    process = Process(
        [str(binaries.kubernetes_provider)],
        log,
        signal.SIGTERM,
        as_nobody=False,
        environment={"TMPDIR": str(folder)},
    )
    stack.callback(process.stop)
    return f"{LOOPBACK}:{printed_port(process)}"
