"""Charts' pods on a cluster without machines: made, waited for, changed and gone with a release."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from rf.kubernetes.helm import RELEASE
from rf.shared.cluster.binaries import find_binaries, find_cluster_binaries
from rf.shared.cluster.control_plane import start_control_plane
from rf.shared.cluster.controllers import start_controllers
from rf.shared.cluster.objects import ClusterClient
from rf.shared.cluster.played import PlayedCluster, UnreadyReleaseError
from rf.shared.cluster.snapshot import look, settle
from rf.shared.plan import reveal
from rf.shared.stacks import settings_of
from tests.conftest import Planned

pytestmark = pytest.mark.cluster

NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "keda"}}


@pytest.fixture
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlayedCluster]:
    """dev's machines, and nothing on them but daemons."""
    directory = tmp_path_factory.mktemp("played")
    with ExitStack() as stack:
        plane = start_control_plane(stack, find_binaries(), directory)
        start_controllers(stack, find_cluster_binaries(), directory, plane)
        cluster = ClusterClient(plane.kubeconfig, directory / "discovery", alone=False)
        cluster.apply(NAMESPACE)
        playing = PlayedCluster(cluster)
        playing.take(settings_of("dev"), ())
        yield playing


@pytest.fixture
def keda(planned: Planned) -> dict[str, Any]:
    """The inputs of dev's release of KEDA."""
    [release] = [each for each in planned("dev").of_type(RELEASE) if each.name == "platform-keda"]
    return reveal(release.inputs)


def test_a_release_is_ready_when_its_pods_are(played: PlayedCluster, keda: dict[str, Any]) -> None:
    close_to_pods(played, closed=True)
    made = played.make(RELEASE, keda)
    with pytest.raises(UnreadyReleaseError) as raised:
        played.wait_for(made, 5, lambda: True)
    assert "Deployment keda/keda-operator" in str(raised.value)
    assert "nodes are available" in str(raised.value)
    close_to_pods(played, closed=False)
    played.wait_for(made, 300, lambda: True)
    assert settle(played.cluster).unready == {}
    keda["values"] = {**keda["values"], "nodeSelector": {"kubernetes.io/os": "linux"}}
    played.wait_for(played.make(RELEASE, keda), 300, lambda: True)
    selectors = [pod.document["spec"]["nodeSelector"] for pod in settle(played.cluster).pods]
    assert selectors == [{"kubernetes.io/os": "linux"}] * len(made)
    played.remove(RELEASE, keda)
    assert all(played.cluster.find(each) is None for each in made)


def close_to_pods(played: PlayedCluster, *, closed: bool) -> None:
    """Let no pod go to any node, or let them again."""
    for name in look(played.cluster).nodes:
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}
        played.cluster.change(node, {"spec": {"unschedulable": closed}})
