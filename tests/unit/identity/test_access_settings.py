"""Who is let in, and that a mistake in it is refused before it locks somebody out or in."""

import pytest

from tests.stack_config import accepted, the_mistake

ROLE = "arn:aws:iam::123456789012:role/operators"
OTHER = "arn:aws:iam::123456789012:user/team/on-call@example.com"


def test_nobody_but_the_deployer_gets_in_unless_named():
    access = accepted().access
    assert access.admins == access.viewers == access.break_glass == ()
    assert accepted().audit.guard_duty is False


def test_roles_and_users_are_named_by_their_arn():
    access = accepted(access={"admins": [ROLE], "viewers": [OTHER], "breakGlass": [ROLE]}).access
    assert (access.admins, access.viewers, access.break_glass) == ((ROLE,), (OTHER,), (ROLE,))


@pytest.mark.parametrize(
    "principals",
    [
        ["operators"],
        ["arn:aws:sts::123456789012:assumed-role/operators/me"],
        ["arn:aws:iam::123456789012:root"],
        ["arn:aws:iam::123456789012:role/*"],
        [ROLE, ROLE],
        "operators",
    ],
)
@pytest.mark.parametrize("key", ["admins", "viewers", "previewers", "breakGlass"])
def test_sessions_accounts_wildcards_and_doubles_are_refused(key, principals):
    mistake = the_mistake(access={key: principals})
    assert mistake.key == f"researchflow:access.{key}"
    assert "a list of IAM roles or users" in mistake.allowed


@pytest.mark.parametrize(
    ("one", "other"),
    [("admins", "viewers"), ("admins", "previewers"), ("viewers", "previewers")],
)
def test_nobody_has_two_entries(one, other):
    mistake = the_mistake(access={one: [ROLE], other: [ROLE]})
    assert mistake.key == f"researchflow:access.{other}"
    assert f"not among {one}, unlike {ROLE}" in mistake.allowed


def test_spot_machines_need_a_pool_of_their_own():
    assert accepted(size="medium", scaling={"spot": True}).scaling.spot
    mistake = the_mistake(scaling={"spot": True})
    assert mistake.key == "researchflow:scaling"
    assert "nodes.karpenter is false" in mistake.allowed


def test_a_detector_is_adopted_only_where_one_is_to_watch():
    audit = accepted(audit={"guardDuty": True, "guardDutyAdopted": True}).audit
    assert (audit.guard_duty, audit.guard_duty_adopted) == (True, True)
    mistake = the_mistake(audit={"guardDutyAdopted": True})
    assert mistake.key == "researchflow:audit.guardDutyAdopted"
    assert "guardDuty: true" in mistake.allowed
