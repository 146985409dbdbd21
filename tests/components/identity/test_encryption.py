"""The customer keys: each for one purpose, guarded, rotated, and slow to go."""

import json

import pytest

from components.identity.encryption import Encryption, EncryptionArgs
from tests.components.recorded_once import recorded_once
from tests.components.values import place

KEY, ALIAS = "aws:kms/key:Key", "aws:kms/alias:Alias"


@pytest.fixture
def encryption(build):
    @recorded_once
    def run(*, protect=True):
        args = EncryptionArgs(
            place=place(protect=protect),
        )
        return build(lambda opts: Encryption("encryption", args, opts))

    return run


def test_three_keys_can_be_found_by_the_stacks_name(encryption):
    built = encryption()
    keys = {r.resource_id for r in built.of_type(KEY)}
    assert len(keys) == 3
    assert {r.inputs["name"] for r in built.of_type(ALIAS)} == {
        "alias/researchflow-test-cluster",
        "alias/researchflow-test-data",
        "alias/researchflow-test-logs",
    }
    assert len({r.inputs["targetKeyId"] for r in built.of_type(ALIAS)}) == 3


def test_keys_rotate_and_wait_as_long_as_kms_lets_them_before_they_go(encryption):
    for key in encryption().of_type(KEY):
        assert key.inputs["enableKeyRotation"] is True
        assert key.inputs["deletionWindowInDays"] == 30


@pytest.mark.parametrize("protect", [True, False])
def test_keys_are_guarded_unless_the_stack_says_otherwise(encryption, protect):
    assert {r.protect for r in encryption(protect=protect).of_type(KEY)} == {protect}


@pytest.mark.parametrize(
    ("purpose", "others"),
    [
        ("cluster", []),
        ("data", ["AutoScalingEncryptsNodeDisks", "AutoScalingHandsNodeDisksToEc2"]),
        (
            "logs",
            [
                "CloudWatchLogs",
                "RdsPublishesEvents",
                "CloudWatchPublishesAlarms",
                "TrailEncrypts",
                "TrailDescribesKey",
            ],
        ),
    ],
)
def test_each_key_admits_only_the_services_of_its_purpose(encryption, purpose, others):
    policy = json.loads(encryption().inputs(KEY, f"encryption-{purpose}")["policy"])
    sids = [statement["Sid"] for statement in policy["Statement"]]
    assert sids == ["AccountAdministersThroughIam", *others]


def test_rds_events_are_admitted_for_this_account_alone(encryption):
    policy = json.loads(encryption().inputs(KEY, "encryption-logs")["policy"])
    (statement,) = [s for s in policy["Statement"] if s["Sid"] == "RdsPublishesEvents"]
    assert statement["Principal"] == {"Service": "events.rds.amazonaws.com"}
    assert set(statement["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey*"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
