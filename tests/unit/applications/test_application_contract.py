"""The contract is current, and its tables hold together."""

import pytest

from rendering.applications import pods
from rendering.applications.metrics import application_metrics
from rendering.applications.variables import VARIABLES
from rendering.redis.access import COLLABORATION, cache_users
from rendering.shared import endpoints
from rf.shared.project import PROJECT_ROOT
from scaleplan.applications import workloads
from scaleplan.model import load_plan
from tools.reference.application_contract import render


def test_the_committed_page_is_the_generated_one():
    committed = (PROJECT_ROOT / "docs" / "application-contract.md").read_text(encoding="utf-8")
    assert committed == render(), (
        "run: python -m tools.reference.application_contract > docs/application-contract.md"
    )


def test_a_variable_stands_there_once():
    names = [variable.name for variable in VARIABLES]
    assert len(names) == len(set(names))


def test_the_probes_differ_and_a_restart_is_slower_than_leaving_traffic():
    kinds = (pods.STARTUP, pods.LIVENESS, pods.READINESS)
    acts_after = [probe.failures * probe.period_seconds for probe in kinds]
    assert acts_after == sorted(set(acts_after), reverse=True)
    assert pods.READINESS.path != pods.LIVENESS.path


def test_every_application_that_answers_requests_says_where_it_listens():
    assert tuple(each.application for each in endpoints.SERVED) == workloads.SERVED


@pytest.mark.parametrize("served", endpoints.SERVED, ids=lambda served: served.application)
def test_a_pod_outlives_the_load_balancers_draining_of_it(served):
    """Draining starts when the controller has seen the pod stop, within the time it serves on."""
    last_byte = endpoints.PRE_STOP_SECONDS + served.drain_seconds
    assert last_byte < served.termination_grace_seconds


def test_sockets_are_kept_by_everything_on_their_way():
    assert endpoints.COLLABORATION_PING_SECONDS < endpoints.EDGE_SOCKET_IDLE_SECONDS
    assert endpoints.EDGE_SOCKET_IDLE_SECONDS < endpoints.BALANCER_IDLE_TIMEOUT_SECONDS
    assert endpoints.BALANCER_IDLE_TIMEOUT_SECONDS > 3600
    assert endpoints.HTTP_KEEP_ALIVE_SECONDS > endpoints.BALANCER_IDLE_TIMEOUT_SECONDS


def test_only_the_collaboration_server_may_use_the_channels_of_edits():
    channels = {
        user.name: [word for word in user.access.split() if word.startswith("&")]
        for user in cache_users()
    }
    prefix = next(v for v in VARIABLES if v.name == "COLLABORATION_CHANNEL_PREFIX")
    assert prefix.readers == (COLLABORATION,)
    assert channels.pop(COLLABORATION) == ["&collaboration:*"]
    assert not any(channels.values())


def test_the_metrics_of_the_plans_rules_and_thresholds_are_asked_for():
    plan = load_plan()
    latency = plan.thresholds.response_latency
    metrics = {m.name: m for m in application_metrics((latency.warning, latency.critical))}
    assert "http_requests_total" in metrics
    assert "2 and 5" in metrics["http_request_duration_seconds"].meaning
