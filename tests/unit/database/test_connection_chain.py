"""The chain from the applications' pools to max_connections, and that every stack keeps it."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rendering.database.pgbouncer_ini import Servers, logical_databases
from rf.shared.project import PROJECT_ROOT
from scaleplan.capacity.connection_limits import check_connections
from scaleplan.database.connection_chain import (
    DIRECT_CONNECTIONS,
    STATS_CLIENTS,
    SYSTEM_POOL_MAX,
    ConnectionChain,
    connection_chain,
    max_connections,
    share_of_last_in_rollout,
)
from scaleplan.database.server_pools import (
    NAMES_FOR_READS,
    NAMES_FOR_SYSTEM,
    NAMES_FOR_WRITES,
    server_connections_per_name,
)
from scaleplan.layers import ConnectionPools
from scaleplan.load import load_at
from scaleplan.model import load_plan
from scaleplan.sizes import PgbouncerSettings, Size
from tests.stack_config import accepted

PLAN = load_plan()
CHAINS = {size: connection_chain(PLAN.sizes[size], PLAN.pools, serving=False) for size in Size}
SERVING = {size: connection_chain(PLAN.sizes[size], PLAN.pools, serving=True) for size in Size}
ALL_CHAINS = [*CHAINS.values(), *SERVING.values()]
MEDIUM = accepted(size="medium")

# Not the models themselves: Hypothesis would ask them for their camelCase names too.
poolers = st.builds(
    PgbouncerSettings.model_construct,
    replicas=st.integers(1, 20),
    max_client_connections=st.integers(1, 20_000),
    default_pool_size=st.integers(1, 1_000),
    min_pool_size=st.just(0),
    reserve_pool_size=st.integers(0, 1_000),
)
chains = st.builds(
    ConnectionChain,
    pods=st.integers(1, 600),
    pools=st.builds(
        ConnectionPools.model_construct,
        primary_max=st.integers(1, 100),
        replica_max=st.integers(0, 100),
    ),
    poolers=poolers,
    read_replicas=st.integers(0, 15),
    max_connections=st.integers(100, 5_000),
    coordinator_clients=st.none() | st.integers(20, 5_000),
)


def settings_of(size, *, serving=False):
    sharding = {"stage": "serving", "freshInstall": True} if serving else {}
    return accepted(size=str(size), sharding=sharding)


def verdict(settings):
    load = load_at(settings.load, PLAN, settings.size)
    return check_connections(settings, load, None)


@pytest.mark.parametrize(("size", "clients"), [("small", 840), ("medium", 1540), ("large", 2958)])
def test_clients_are_all_pods_of_a_rollout_with_both_pools_full(size, clients):
    assert CHAINS[Size(size)].clients == clients


@pytest.mark.parametrize("serving", [False, True])
@pytest.mark.parametrize("size", Size)
def test_every_size_fits_from_the_pools_to_max_connections(size, serving):
    assert verdict(settings_of(size, serving=serving)).passes


@pytest.mark.parametrize("chain", ALL_CHAINS)
def test_every_size_fits_with_one_pooler_lost(chain):
    left = chain.poolers.replicas - 1
    room = left * (chain.poolers.max_client_connections - STATS_CLIENTS)
    assert room >= chain.clients


@pytest.mark.parametrize("chain", ALL_CHAINS)
def test_full_pools_stay_below_the_plans_warning_of_used_connections(chain):
    warning = PLAN.thresholds.database_connections.warning
    used = chain.connections_to_primary + DIRECT_CONNECTIONS
    assert used * 100 <= warning * chain.max_connections


@pytest.mark.parametrize("chain", ALL_CHAINS)
def test_the_page_on_the_database_states_the_numbers_of_the_chain(chain):
    page = (PROJECT_ROOT / "docs" / "database.md").read_text(encoding="utf-8")
    limit = chain.poolers.max_client_connections
    assert f"{chain.clients_of_fullest_pooler} of {limit}" in page
    assert f"{chain.connections_to_primary} of {chain.max_connections}" in page
    if chain.serving:
        coordinator = f"{chain.connections_to_coordinator} of {chain.coordinator_clients}"
        assert coordinator in page


def test_the_names_counted_are_those_that_pgbouncer_serves():
    writer, readers, system = (Servers(hosts=(name,), port=5432) for name in "wrs")
    served = logical_databases(PLAN.pgbouncer, writer=writer, readers=readers, system=system)
    behind = [database.servers for database in served]
    assert behind.count(writer) == NAMES_FOR_WRITES
    assert behind.count(readers) == NAMES_FOR_READS
    assert behind.count(system) == NAMES_FOR_SYSTEM


@pytest.mark.parametrize("size", Size)
def test_where_citus_serves_rds_keeps_the_system_database_alone(size):
    before, serving = CHAINS[size], SERVING[size]
    assert serving.connections_to_primary == server_connections_per_name(serving.poolers)
    assert serving.connections_to_replica == 0
    assert serving.connections_to_coordinator == 3 * server_connections_per_name(serving.poolers)
    assert serving.connections_per_pod == before.connections_per_pod + SYSTEM_POOL_MAX
    assert before.connections_to_coordinator == 0


@pytest.mark.parametrize("size", Size)
def test_where_citus_serves_the_coordinator_is_judged_by_what_it_lets_in(size):
    term = verdict(settings_of(size, serving=True)).term("connections to a coordinator")
    assert term.value == SERVING[size].connections_to_coordinator
    assert term.limit == SERVING[size].usable_coordinator_connections


def test_max_connections_are_those_measured_on_rds_and_never_more():
    assert max_connections(8) <= 832
    assert max_connections(8) >= 820
    assert max_connections(64) == 5000


def test_a_rollout_of_three_poolers_gathers_sixteen_of_27_clients_on_the_last():
    assert share_of_last_in_rollout(3) == Fraction(16, 27)
    assert share_of_last_in_rollout(1) == 1


@given(chain=chains)
def test_a_pooler_that_has_room_for_the_worst_case_has_room_in_each_case(chain):
    room = chain.clients_of_fullest_pooler - STATS_CLIENTS
    number = chain.poolers.replicas
    assert room * max(1, number - 1) >= chain.clients
    assert room >= chain.clients * share_of_last_in_rollout(number)
    assert room * number >= chain.clients_while_old_pods_drain
    assert room <= 2 * chain.clients


@given(pooling=poolers)
def test_each_link_is_refused_exactly_where_it_exceeds_its_limit(pooling):
    settings = MEDIUM.model_copy(update={"pgbouncer": pooling})
    chain = connection_chain(settings, PLAN.pools, serving=False)
    result = verdict(settings)
    for name, value, limit in (
        (
            "clients of the fullest pooler",
            chain.clients_of_fullest_pooler,
            pooling.max_client_connections,
        ),
        ("connections to the primary", chain.connections_to_primary, chain.usable_connections),
        ("connections to the replica", chain.connections_to_replica, chain.usable_connections),
    ):
        assert result.term(name).passes == (value <= limit)


@given(chain=chains)
def test_reads_leave_the_primary_as_soon_as_there_is_a_replica(chain):
    total = chain.connections_to_primary + chain.connections_to_replica
    total += chain.connections_to_coordinator
    names = NAMES_FOR_WRITES + NAMES_FOR_READS + NAMES_FOR_SYSTEM
    assert total == names * server_connections_per_name(chain.poolers)
    reads = chain.read_replicas > 0 and not chain.serving
    assert (chain.connections_to_replica > 0) == reads


@given(number=st.integers(1, 50), clients=st.integers(1, 100_000))
def test_the_formula_of_a_rollout_is_what_moving_the_clients_one_pod_at_a_time_gives(
    number, clients
):
    old = [Fraction(clients, number)] * number
    new: list[Fraction] = []
    while len(old) > 1:
        leaving = old.pop() / number
        old = [each + leaving for each in old]
        new = [each + leaving for each in [*new, Fraction(0)]]
    assert old[0] == clients * share_of_last_in_rollout(number)


def test_a_limit_that_is_too_low_is_named_with_what_it_would_take():
    large = settings_of(Size.LARGE)
    tight = large.pgbouncer.model_copy(update={"max_client_connections": 200})
    fault = verdict(large.model_copy(update={"pgbouncer": tight})).fault
    assert fault is not None
    assert (fault.name, fault.value, fault.limit) == ("clients of the fullest pooler", 1973, 200)
    assert fault.limit_working == "pgbouncer.maxClientConnections"
