"""The table of configurations: each is recorded before all else, and nothing beside it is."""

import pytest

from rf.shared.offline import record as recorder
from rf.shared.project import PROJECT_ROOT
from rf.shared.stacks import plan_of, project_name, settings_of, stack_config
from scaleplan.config.stack_file import stack_names
from tests.configurations import CONFIGURATIONS, Configuration
from tests.shared_plans import OneOffRecordingError, only_named_recordings

OTHER = ("images.worker=0.0.0-of-no-row",)
"""What nobody ever planned, so that no plan of it is kept."""


@pytest.mark.parametrize("configuration", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_a_named_configuration_is_planned(planned, configuration):
    stack, size, overrides = configuration.stack, configuration.size, configuration.overrides
    plan = planned(stack, size=size, overrides=overrides, unknowns=configuration.unknowns)
    settings = settings_of(stack, size=size, overrides=overrides)
    assert (plan.project, plan.stack, plan.size) == (project_name(), stack, settings.size.value)
    assert plan.of_type("aws:eks/cluster:Cluster")
    assert plan.outputs


def test_every_stack_that_has_a_file_is_in_the_table_as_the_file_says():
    assert {Configuration(stack) for stack in stack_names(PROJECT_ROOT)} <= set(
        CONFIGURATIONS.values()
    )


def test_no_two_names_are_of_one_configuration():
    asked = [
        (
            each.stack,
            stack_config(each.stack, size=each.size, overrides=each.overrides),
            each.unknowns,
        )
        for each in CONFIGURATIONS.values()
    ]
    assert [each for each in asked if asked.count(each) > 1] == []


@pytest.mark.parametrize("size", [None, "large"])
def test_however_it_is_asked_for_a_configuration_is_read_once(planned, size):
    assert planned("prod", size=size) is planned("prod")


@pytest.mark.parametrize(
    "options", [{"overrides": OTHER}, {"overrides": OTHER, "unknowns": True}, {"size": "large"}]
)
def test_a_test_is_refused_a_configuration_that_is_not_in_the_table(planned, options):
    with pytest.raises(OneOffRecordingError, match=r"no row of tests/configurations\.py plans dev"):
        planned("dev", **options)


def test_a_command_in_a_test_is_refused_a_recording_that_is_not_in_the_table(
    planned, monkeypatch, tmp_path
):
    plan = planned("dev")
    monkeypatch.setattr(recorder, "record", lambda *_, **__: plan)
    refused = pytest.raises(OneOffRecordingError, match=r"no row of tests/configurations\.py plans")
    with only_named_recordings(tmp_path), refused:
        plan_of("dev", overrides=OTHER)
