"""Fixtures of the tests with a real API server: one of our own, or the one of `KUBECONFIG`.

Without a server these tests skip, or fail where CI=true. What they saw is in the summary.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from rf.shared.cluster.binaries import apiserver_folder, find_binaries
from rf.shared.cluster.control_plane import start_control_plane
from rf.shared.cluster.objects import ClusterClient
from rf.shared.servers.programs import MissingServersError
from tests.apiserver.objects.exports import Export
from tests.apiserver.server.session import NotEmptyError, Session
from tests.unavailable import unavailable

Note = Callable[[str], None]

_NOTES: pytest.StashKey[list[str]] = pytest.StashKey()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for note in terminalreporter.config.stash.get(_NOTES, []):
        terminalreporter.write_line(note)


@pytest.fixture(scope="session")
def note(request: pytest.FixtureRequest) -> Note:
    """Say something in the run's summary, once."""
    notes = request.config.stash.setdefault(_NOTES, [])

    def write(text: str) -> None:
        if text not in notes:
            notes.append(text)

    return write


@pytest.fixture(scope="session")
def definitions_folder() -> Path:
    """The CustomResourceDefinitions that `.ci/apiserver/build` took from modules."""
    folder = apiserver_folder() / "crds"
    if not folder.is_dir():
        unavailable(f"no {folder}: run .ci/apiserver/build, which needs Go")
    return folder


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory, note: Note) -> Iterator[ClusterClient]:
    directory = tmp_path_factory.mktemp("cluster")
    with ExitStack() as stack:
        alone = not os.environ.get("KUBECONFIG")
        kubeconfig = None
        if alone:
            try:
                plane = start_control_plane(stack, find_binaries(), directory)
                kubeconfig = plane.kubeconfig
            except MissingServersError as error:
                unavailable(str(error))
        cluster = ClusterClient(kubeconfig, directory / "discovery", alone=alone)
        whose = "started by the tests" if alone else "named by KUBECONFIG"
        note(f"API server: {cluster.version} at {cluster.server}, {whose}")
        yield cluster


@pytest.fixture
def session(cluster: ClusterClient, definitions_folder: Path) -> Iterator[Session]:
    """The cluster, empty of ours before and after."""
    session = Session(cluster=cluster, definitions_folder=definitions_folder)
    yield session
    session.clear()


@pytest.fixture
def prepare(session: Session, note: Note) -> Callable[[Export], None]:
    """Let the cluster know what an export needs. Nothing is touched where any of it is there."""

    def run(export: Export) -> None:
        if not session.cluster.alone:
            try:
                session.refuse_occupied(export)
            except NotEmptyError as error:
                pytest.exit(str(error), returncode=2)
        definitions = session.install_definitions(export)
        for definition in definitions.stand_ins:
            spec = definition["spec"]
            note(
                f"stand-in for a CRD that no registry has: {spec['names']['kind']}.{spec['group']},"
                " by the schema in rf/shared/schemas"
            )
        for chart in export.charts:
            note(f"out of reach, made by Helm from a chart: objects of {chart}")

    return run
