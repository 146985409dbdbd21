"""pgbouncer.ini: what PgBouncer is told, and that nothing secret or broken gets into it."""

import configparser
from pathlib import Path

import pytest

from rendering.database.pgbouncer_ini import (
    ADMIN_USER,
    QUERY_WAIT_SECONDS,
    STATS_USER,
    Servers,
    logical_databases,
    memory_needed_mib,
    pgbouncer_ini,
    userlist,
)
from rendering.database.roles import ROLES
from scaleplan.model import load_plan
from scaleplan.sizes import PgbouncerSettings, Size

GOLDEN = Path(__file__).with_name("pgbouncer.ini")
PLAN = load_plan()
PRIMARY = "db.example.internal"
REPLICAS = ("b.example.internal", "c.example.internal")
CITUS = Servers(hosts=("citus.citus.svc",), port=5433)
CITUS_READERS = Servers(hosts=("citus-reads.citus.svc",), port=5433)


def rendered(
    size: Size, replicas: tuple[str, ...] = REPLICAS, *, writer: Servers | None = None
) -> str:
    primary = Servers(hosts=(PRIMARY,), port=5432)
    databases = logical_databases(
        PLAN.pgbouncer,
        writer=writer or primary,
        readers=CITUS_READERS if writer else Servers(hosts=replicas, port=5432),
        system=primary,
    )
    return pgbouncer_ini(PLAN.sizes[size].pgbouncer, PLAN.pgbouncer, databases)


def parsed(text: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.read_string(text)
    return parser


def test_the_ini_of_the_medium_size_is_the_reviewed_one():
    assert rendered(Size.MEDIUM) == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("size", Size)
def test_the_ini_keeps_the_plans_pools_and_timeouts(size):
    settings = parsed(rendered(size))["pgbouncer"]
    expected = {
        "listen_port": "6432",
        "pool_mode": "transaction",
        "default_pool_size": "20",
        "min_pool_size": "5",
        "reserve_pool_size": "5",
        "reserve_pool_timeout": "3",
        "server_idle_timeout": "600",
        "server_connect_timeout": "15",
        "query_timeout": "300",
    }
    assert {key: settings[key] for key in expected} == expected
    # The plan's 200 is what one pod starts from; sizes may ask for more, never for less.
    assert int(settings["max_client_conn"]) >= 200


def test_clients_need_tls_and_scram_and_the_server_too():
    settings = parsed(rendered(Size.LARGE))["pgbouncer"]
    assert settings["auth_type"] == "scram-sha-256"
    assert settings["client_tls_sslmode"] == "require"
    # The name too: a certificate of another database of the region is no proof.
    assert settings["server_tls_sslmode"] == "verify-full"


def test_prepared_statements_work_in_transaction_mode():
    assert int(parsed(rendered(Size.SMALL))["pgbouncer"]["max_prepared_statements"]) > 0


def test_writes_go_to_the_primary_and_reads_to_the_replicas():
    databases = parsed(rendered(Size.LARGE))["databases"]
    for name in ("researchflow", "ros", "researchflow_system"):
        assert databases[name] == f"host={PRIMARY} port=5432 dbname=ros"
    assert databases["researchflow_ro"] == f"host={','.join(REPLICAS)} port=5432 dbname=ros"


def test_the_system_database_stays_where_it_is_when_the_tenants_data_moves():
    databases = parsed(rendered(Size.LARGE, writer=CITUS))["databases"]
    for name in ("researchflow", "ros"):
        assert databases[name] == "host=citus.citus.svc port=5433 dbname=ros"
    assert databases["researchflow_ro"] == "host=citus-reads.citus.svc port=5433 dbname=ros"
    assert databases["researchflow_system"] == f"host={PRIMARY} port=5432 dbname=ros"


def test_a_name_without_a_server_is_refused():
    with pytest.raises(ValueError, match="researchflow_ro has no host"):
        rendered(Size.SMALL, replicas=())


@pytest.mark.parametrize(("replicas", "round_robin"), [(REPLICAS[:1], "0"), (REPLICAS, "1")])
def test_load_is_spread_over_the_hosts_of_a_list(replicas, round_robin):
    assert parsed(rendered(Size.MEDIUM, replicas))["pgbouncer"]["server_round_robin"] == round_robin


@pytest.mark.parametrize("host", ["", "a b", "a,b", "x dbname=other", "a\nb", "host;"])
def test_a_host_that_would_change_the_meaning_of_its_line_is_refused(host):
    with pytest.raises(ValueError, match="is no host name or address"):
        rendered(Size.SMALL, replicas=(host,))


def test_a_new_connection_after_a_failover_is_not_kept_from_the_new_address():
    settings = parsed(rendered(Size.MEDIUM))["pgbouncer"]
    assert int(settings["dns_max_ttl"]) <= 5
    assert int(settings["server_login_retry"]) < int(settings["dns_max_ttl"])
    assert int(settings["query_wait_timeout"]) == QUERY_WAIT_SECONDS


def test_a_peer_that_vanishes_is_given_up_within_half_a_minute():
    settings = parsed(rendered(Size.MEDIUM))["pgbouncer"]
    idle, interval, count = (int(settings[f"tcp_keep{key}"]) for key in ("idle", "intvl", "cnt"))
    assert idle + interval * count <= 30
    assert int(settings["tcp_user_timeout"]) <= 30_000


@pytest.mark.parametrize("size", Size)
def test_a_name_never_opens_more_than_one_pool_with_its_reserve(size):
    settings = parsed(rendered(size))["pgbouncer"]
    pool = int(settings["default_pool_size"]) + int(settings["reserve_pool_size"])
    assert int(settings["max_db_connections"]) == pool


def test_statistics_are_for_a_user_that_postgresql_does_not_know():
    settings = parsed(rendered(Size.MEDIUM))["pgbouncer"]
    assert settings["stats_users"] == STATS_USER
    assert STATS_USER not in {role.name for role in ROLES.values()}
    # Whoever may do more than read has a password of its own, and no role either.
    assert settings["admin_users"] == ADMIN_USER != STATS_USER
    assert ADMIN_USER not in {role.name for role in ROLES.values()}


def test_the_user_list_quotes_what_it_must():
    assert userlist({"ros": 'a"b c', "b": "x"}) == '"b" "x"\n"ros" "a""b c"\n'


def test_a_password_with_a_line_break_can_not_add_a_user():
    with pytest.raises(ValueError, match="line break"):
        userlist({"ros": 'x"\n"admin" "y'})


@pytest.mark.parametrize("size", Size)
def test_the_plans_memory_limit_carries_every_client_of_each_size(size):
    limit = PLAN.pgbouncer.resources.memory_limit_mib
    assert memory_needed_mib(PLAN.sizes[size].pgbouncer) <= limit


def test_more_clients_need_more_memory_than_the_measured_30_kib_each():
    settings = PgbouncerSettings(
        replicas=2,
        max_client_connections=10_000,
        default_pool_size=20,
        min_pool_size=5,
        reserve_pool_size=5,
    )
    assert memory_needed_mib(settings) > 10_000 * 30 / 1024
