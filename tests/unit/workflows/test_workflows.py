"""Temporal's values, its connections, its tasks' scaling: what must hold whatever the size."""

from __future__ import annotations

import pytest
from kubernetes.utils.quantity import parse_quantity

from rendering.database.bootstrap_sql import bootstrap_sql
from rendering.database.role_timeouts import statement_timeouts
from rendering.database.roles import WORKFLOW_ROLE
from rendering.network.temporal_flows import SERVERS, temporal_flows
from rendering.shared.chart_values import UnlistedChartValue, check_values
from rendering.workflows import temporal_names as names
from rendering.workflows.scaling import workflow_authentication, workflow_scaled_object
from rendering.workflows.temporal_values import TemporalDeployment, temporal_values
from scaleplan.applications.pods import ROLLOUT_SURGE_PODS
from scaleplan.applications.workloads import APPLICATIONS, workloads
from scaleplan.capacity.connection_limits import check_connections
from scaleplan.cluster.node_pools import pool_limits
from scaleplan.database.connection_chain import connection_chain
from scaleplan.database.migrations import MigrationsSettings
from scaleplan.load import load_at
from scaleplan.model import load_plan
from scaleplan.sizes import Size
from tests.stack_config import accepted
from tests.unit.network.flow_site import stack

PLAN = load_plan()
TIMEOUTS = statement_timeouts(PLAN, MigrationsSettings())


def values(size=Size.LARGE, **changes):
    settings = PLAN.sizes[size].workflows.model_copy(update=changes)
    return temporal_values(
        TemporalDeployment(
            settings=settings,
            plan=PLAN.workflows,
            database_address="db.example.com:5432",
            credentials_version="1",
            node_selector={"pool": "applications"},
        )
    )


def profile_of(size, **changes):
    profile = PLAN.sizes[size]
    workflows = profile.workflows.model_copy(update=changes)
    return profile.model_copy(update={"workflows": workflows})


@pytest.mark.parametrize("size", Size)
@pytest.mark.parametrize("web", [True, False])
def test_every_key_is_one_of_the_chart(size, web):
    check_values("temporal", "1.6.0", values(size, web=web))


def test_a_key_of_the_charts_before_1_0_is_refused():
    with pytest.raises(UnlistedChartValue, match=r"cassandra\.enabled"):
        check_values("temporal", "1.6.0", {"cassandra": {"enabled": False}})


@pytest.mark.parametrize("store", ["default", "visibility"])
def test_both_stores_are_reached_directly_and_verified(store):
    sql = values()["server"]["config"]["persistence"]["datastores"][store]["sql"]
    assert sql["connectAddr"] == "db.example.com:5432"
    assert sql["pluginName"] == "postgres12_pgx"
    assert sql["tls"]["enabled"]
    assert sql["tls"]["enableHostVerification"]
    assert sql["existingSecret"] == names.DATABASE_SECRET
    assert "password" not in sql
    # The role may create none; the bootstrap has.
    assert sql["createDatabase"] is False
    assert sql["manageSchema"] is True


def test_shards_are_for_good_and_the_schema_runs_before_the_servers():
    given = values()
    assert given["server"]["config"]["persistence"]["numHistoryShards"] == 512
    assert given["schema"]["useHelmHooks"] is True


def test_the_namespace_of_workflows_has_a_retention():
    namespaces = values(retention_days=30)["server"]["config"]["namespaces"]
    assert namespaces == {
        "create": True,
        "namespace": [{"name": "researchflow", "retention": "30d"}],
    }


def test_whoever_shows_no_certificate_is_refused():
    tls = values()["server"]["config"]["tls"]
    for side in ("frontend", "internode"):
        assert tls[side]["server"]["requireClientAuth"] is True
    assert tls["frontend"]["client"]["serverName"] in names.FRONTEND_NAMES
    assert tls["systemWorker"]["certFile"]


@pytest.mark.parametrize("size", Size)
def test_a_role_has_its_size_and_a_budget_where_two_pods_stand(size):
    server = values(size)["server"]
    for name, role in PLAN.sizes[size].workflows.roles.items():
        assert server[name]["replicaCount"] == role.replicas
        requests = server[name]["resources"]["requests"]
        assert parse_quantity(requests["memory"]) == role.memory_mib * 1024**2
        assert bool(server[name]["podDisruptionBudget"]) is (role.replicas > 1)
        assert server[name]["containerSecurityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_there_are_no_web_pages_unless_asked_for():
    assert values()["web"] == {"enabled": False}
    assert values(web=True)["web"]["enabled"] is True


def test_large_alone_has_workflows():
    assert [size for size in Size if PLAN.sizes[size].workflows.enabled] == [Size.LARGE]


@pytest.mark.parametrize("size", Size)
def test_the_chain_counts_each_pod_of_a_rollout_for_both_stores(size):
    profile, without = profile_of(size, enabled=True), profile_of(size, enabled=False)
    pods = sum(each.replicas + ROLLOUT_SURGE_PODS for each in profile.workflows.roles.values())
    chain = connection_chain(profile, PLAN.pools, serving=False)
    off = connection_chain(without, PLAN.pools, serving=False)
    per_pod = 2 * profile.workflows.connections_per_store
    assert chain.workflow_connections == pods * per_pod + 2
    assert off.workflow_connections == 0
    workers = profile.workflows.worker.max_replicas + ROLLOUT_SURGE_PODS
    assert chain.clients == off.clients + workers * 2 * 4


def test_a_server_that_takes_all_connections_is_refused_with_both_numbers():
    workflows = profile_of(Size.SMALL, enabled=True, connections_per_store=100).workflows
    settings = accepted(size="small").model_copy(update={"workflows": workflows})
    load = load_at(settings.load, PLAN, settings.size)
    fault = check_connections(settings, load, None).fault
    assert fault is not None
    assert fault.name == "connections to the primary"
    assert f"+ {workflows.connections(ROLLOUT_SURGE_PODS)} of Temporal" in fault.working
    assert fault.limit is not None
    assert fault.value > fault.limit


def test_karpenter_may_buy_for_temporal_and_its_workers():
    without = profile_of(Size.LARGE, enabled=False)
    more, less = pool_limits(PLAN.sizes[Size.LARGE]), pool_limits(without)
    assert more.applications.cpu_millicores > less.applications.cpu_millicores
    assert more.workers.cpu_millicores > less.workers.cpu_millicores
    assert [each.name for each in workloads(without)] == [each.name for each in APPLICATIONS]


def test_the_backlog_of_the_plans_queue_scales_the_workers():
    settings = PLAN.sizes[Size.LARGE].workflows.worker
    spec = workflow_scaled_object(
        "workflow-worker",
        settings=settings,
        plan=PLAN.workflows,
        autoscaling=PLAN.autoscaling,
        authentication="login",
    )
    (trigger,) = [each for each in spec["triggers"] if each["type"] == "temporal"]
    assert trigger["metadata"]["taskQueue"] == "analysis"
    assert trigger["metadata"]["namespace"] == "researchflow"
    assert trigger["metadata"]["endpoint"] == names.FRONTEND_ADDRESS
    assert trigger["metadata"]["tlsServerName"] in names.FRONTEND_NAMES
    bounds = (spec["minReplicaCount"], spec["maxReplicaCount"])
    assert bounds == (settings.min_replicas, settings.max_replicas)
    login = workflow_authentication("temporal-client")["secretTargetRef"]
    assert {each["parameter"] for each in login} == {"ca", "cert", "key"}


def test_the_bootstrap_makes_databases_only_where_there_are_workflows():
    script = bootstrap_sql("ros", TIMEOUTS, workflows=True)
    assert "CREATE DATABASE temporal OWNER researchflow_temporal" in script
    assert "CREATE DATABASE temporal_visibility OWNER researchflow_temporal" in script
    assert WORKFLOW_ROLE.name not in bootstrap_sql("ros", TIMEOUTS)


def test_only_those_with_work_come_near_the_server():
    flows = temporal_flows(stack().stores, keda=True, web=False)
    callers = {
        flow.source.name
        for flow in flows
        if flow.destination == SERVERS["frontend"] and names.FRONTEND_PORT in flow.ports
    }
    own = {pods.name for pods in SERVERS.values()}
    others = {"orchestrator", "workflow-worker", "temporal-database", "keda-operator"}
    assert callers - own == others
