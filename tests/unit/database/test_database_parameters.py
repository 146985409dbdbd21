"""The RDS parameter group's parameters, and the replicas' keys, zones and windows."""

import pytest

from rendering.database.parameters import database_parameters
from rendering.database.replicas import read_replicas
from scaleplan.model import load_plan

ZONES = ("us-east-1b", "us-east-1d", "us-east-1f")
BY_NAME = {parameter.name: parameter for parameter in database_parameters(load_plan().replication)}


def test_the_plans_replication_settings_are_there_in_postgres_units():
    expected = {
        "max_wal_senders": "10",
        "max_replication_slots": "10",
        "wal_keep_size": "1024",
        "synchronous_commit": "on",
    }
    assert {name: BY_NAME[name].value for name in expected} == expected


def test_what_rds_owns_is_left_out():
    assert not {"wal_level", "hot_standby", "archive_mode"} & set(BY_NAME)


def test_tls_and_scram_are_forced():
    assert BY_NAME["rds.force_ssl"].value == "1"
    assert BY_NAME["rds.accepted_password_auth_method"].value == "scram"
    assert BY_NAME["password_encryption"].value == "scram-sha-256"


STATIC = {
    "max_replication_slots",
    "max_wal_senders",
    "rds.logical_replication",
    "shared_preload_libraries",
}
"""ApplyType static in `aws rds describe-engine-default-parameters --db-parameter-group-family
postgres16`; all others of the group are dynamic there, or belong to a preloaded library."""


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_each_parameter_has_the_apply_method_that_rds_takes(name):
    expected = "pending-reboot" if name in STATIC else "immediate"
    assert BY_NAME[name].apply_method == expected


def test_changes_of_structure_rights_and_data_are_audited_for_every_session():
    assert "pgaudit" in BY_NAME["shared_preload_libraries"].value.split(",")
    assert set(BY_NAME["pgaudit.log"].value.split(",")) == {"ddl", "role", "write"}
    assert BY_NAME["pgaudit.role"].value == "rds_pgaudit"


def test_values_of_statements_which_may_be_patients_data_stay_out_of_the_logs():
    assert BY_NAME["pgaudit.log_parameter"].value == "0"
    assert BY_NAME["log_parameter_max_length"].value == "0"
    assert BY_NAME["log_parameter_max_length_on_error"].value == "0"


def test_two_replicas_stand_in_the_second_and_third_zone():
    replicas = read_replicas("db", ZONES, 2)
    assert [(r.key, r.availability_zone) for r in replicas] == [
        ("b", "us-east-1d"),
        ("c", "us-east-1f"),
    ]
    assert [r.identifier for r in replicas] == ["db-replica-b", "db-replica-c"]


def test_more_replicas_move_none_of_those_before():
    assert read_replicas("db", ZONES, 15)[:4] == read_replicas("db", ZONES, 4)
    assert [r.key for r in read_replicas("db", ZONES, 5)] == ["b", "c", "a", "b2", "c2"]


def test_no_two_replicas_are_maintained_at_the_same_time():
    windows = [replica.maintenance_window for replica in read_replicas("db", ZONES, 15)]
    assert len(set(windows)) == 15
    assert all(window.startswith("sat:") for window in windows)


@pytest.mark.parametrize("count", [-1, 16])
def test_a_number_of_replicas_that_rds_refuses_is_refused(count):
    with pytest.raises(ValueError, match=f"{count} read replicas"):
        read_replicas("db", ZONES, count)
