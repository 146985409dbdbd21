"""PostgreSQL's settings for a pod: they fit into its memory and serve Citus."""

import pytest

from rendering.citus.postgres import postgres_config_spec
from scaleplan.catalog import load_catalog
from scaleplan.citus.data_nodes import max_connections, pod_resources
from scaleplan.model import load_plan
from scaleplan.sizes import Size

GIB = 1024


def settings_of(size):
    row = load_plan().sizes[size]
    pod = pod_resources(load_catalog().instance_class(row.citus.instance_class))
    connections = max_connections(row.pgbouncer, row.citus.shard_clusters)
    spec = postgres_config_spec(pod, row.citus.volume_gib, connections)
    assert spec["postgresVersion"] == "16"
    return pod, row.citus.volume_gib, spec["postgresql.conf"]


def mib(text):
    return int(text.removesuffix("MB")) if text.endswith("MB") else int(text[:-2]) * GIB


@pytest.mark.parametrize("size", Size)
def test_memory_is_shared_out_and_not_given_twice(size):
    pod, _, settings = settings_of(size)
    shared = mib(settings["shared_buffers"])
    assert shared == pod.memory_mib // 4
    sorting = mib(settings["work_mem"]) * int(settings["max_connections"])
    assert shared + sorting + 3 * mib(settings["maintenance_work_mem"]) < pod.memory_mib


@pytest.mark.parametrize("size", Size)
def test_every_connection_may_prepare_a_transaction_on_a_shard(size):
    settings = settings_of(size)[2]
    prepared = int(settings["max_prepared_transactions"])
    assert prepared == 2 * int(settings["max_connections"])


@pytest.mark.parametrize("size", Size)
def test_the_log_leaves_most_of_the_volume_to_data(size):
    _, volume_gib, settings = settings_of(size)
    assert mib(settings["max_wal_size"]) <= volume_gib * GIB // 10


def test_passwords_are_kept_as_scram():
    assert settings_of(Size.LARGE)[2]["password_encryption"] == "scram-sha-256"


def test_a_slow_statement_is_logged_without_its_values_which_are_patients_data():
    settings = settings_of(Size.LARGE)[2]
    assert settings["log_parameter_max_length"] == "0"
    assert settings["log_parameter_max_length_on_error"] == "0"
