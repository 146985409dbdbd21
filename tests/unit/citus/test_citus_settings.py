"""The stage of a stack on its way to Citus, and what a size would run."""

from datetime import date

import pytest

from scaleplan.citus.sharding import ShardingStage
from scaleplan.model import load_plan
from scaleplan.sizes import Size
from tests.stack_config import accepted, the_mistake


@pytest.mark.parametrize("size", Size)
def test_no_size_implies_citus(size: Size):
    sharding = accepted(size=size.value).sharding
    assert sharding.stage is ShardingStage.OFF
    assert not sharding.present


def test_serving_is_for_a_fresh_install_or_a_verified_migration():
    assert accepted(sharding={"stage": "serving", "freshInstall": True}).sharding.serving
    verified = {"stage": "serving", "migrationVerified": "2026-11-20"}
    assert accepted(sharding=verified).sharding.migration_verified == date(2026, 11, 20)
    mistake = the_mistake(sharding={"stage": "serving"})
    assert mistake.key == "researchflow:sharding.stage"
    assert "freshInstall" in mistake.allowed
    assert "migrationVerified" in mistake.allowed
    assert mistake.nearest is None


def test_parallel_needs_neither():
    sharding = accepted(sharding={"stage": "parallel"}).sharding
    assert (sharding.present, sharding.serving) == (True, False)


@pytest.mark.parametrize("written", [date(2026, 11, 20), "2026-11-20", "2026-11-20T00:00:00Z"])
def test_a_date_may_stand_with_or_without_quotes(written):
    # Without them the engine hands on midnight of that day.
    sharding = accepted(sharding={"stage": "serving", "migrationVerified": written}).sharding
    assert sharding.migration_verified == date(2026, 11, 20)


NO_DATES = ("20/11/2026", "2026-02-30", "2026-11", "20-11-2026", "soon", "")
MOMENTS = ("2026-11-20T10:00:00Z", "2026-11-20T00:00:00", "1795000000")
NO_TEXTS = (2026, 1_795_000_000, True)


@pytest.mark.parametrize("written", [*NO_DATES, *MOMENTS, *NO_TEXTS])
def test_what_is_no_date_is_refused_and_shown(written):
    mistake = the_mistake(sharding={"stage": "serving", "migrationVerified": written})
    assert mistake.key == "researchflow:sharding.migrationVerified"
    assert "2026-11-24" in mistake.allowed


MOMENT = "2026-11-30T02:45:00Z"


def test_a_restore_names_a_backup_and_a_moment_only_with_one():
    restore = {"restoreFromBackup": "daily", "restoreToTimestamp": MOMENT}
    sharding = accepted(sharding={"stage": "parallel", **restore}).sharding
    assert (sharding.restore_from_backup, sharding.restore_to_timestamp) == ("daily", MOMENT)
    mistake = the_mistake(sharding={"restoreToTimestamp": MOMENT})
    assert mistake.key == "researchflow:sharding.restoreToTimestamp"
    assert "only with restoreFromBackup" in mistake.allowed


@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("restoreToTimestamp", "2026-11-30 02:45:00+00"),
        ("restoreToTimestamp", "2026-11-30T02:45:00"),
        ("restoreFromBackup", "Daily"),
        ("restoreFromBackup", "d" * 57),
    ],
)
def test_what_the_operator_would_not_take_for_a_moment_or_a_name_is_refused(key, written):
    sharding = {"restoreFromBackup": "daily", key: written}
    assert the_mistake(sharding=sharding).key == f"researchflow:sharding.{key}"


def test_a_misspelt_stage_names_the_nearest():
    mistake = the_mistake(sharding={"stage": "paralel"})
    assert (mistake.nearest, mistake.allowed) == ("parallel", "off, parallel, serving")


def test_large_is_the_plans_citus():
    citus = load_plan().sizes[Size.LARGE].citus
    assert (citus.coordinator_instances, citus.shard_clusters) == (2, 3)
    assert citus.instances_per_shard_cluster == 2
    # "Citus cluster (3+ nodes), 64GB RAM each".
    assert citus.instance_class == "r7g.2xlarge"


def test_three_times_the_data_of_twelve_months_fits():
    citus = load_plan().sizes[Size.LARGE].citus
    expected = load_plan().projections.data_volume_gb.twelve_months
    assert citus.volume_gib * citus.shard_clusters >= 3 * expected


def test_data_nodes_follow_the_stacks_processor_family():
    assert accepted(size="large", architecture="x86_64").citus.instance_class == "r7i.2xlarge"
