"""What an operator reads when a stack's config is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from scaleplan.catalog import load_catalog
from scaleplan.config.engine_config import settings_of
from scaleplan.config.mistakes import InvalidSettings
from scaleplan.config.parsing import parse
from scaleplan.config.section import keys_of
from scaleplan.settings import Settings
from tests.stack_config import MINIMAL, PROJECT, accepted, refused, the_mistake


def test_a_misspelt_key_names_the_right_one() -> None:
    mistake = the_mistake(databse={"readReplicas": 1})
    assert mistake.key == "researchflow:databse"
    assert mistake.value == '{"readReplicas": 1}'
    assert mistake.allowed == "one of the keys " + ", ".join(keys_of(Settings))
    assert mistake.nearest == "database"


def test_a_misspelt_leaf_names_the_right_one() -> None:
    mistake = the_mistake(worker={"maxReplica": 3})
    assert mistake.key == "researchflow:worker.maxReplica"
    assert mistake.allowed == "one of the keys cpuMillicores, maxReplicas, memoryMib, minReplicas"
    assert mistake.nearest == "maxReplicas"


QUEUE_KEYS = "an object with the keys brokerClass, bullmqPrefix, clients, engine, nodeClass, nodes"


@pytest.mark.parametrize("key", ["project", "stack"])
def test_project_and_stack_are_no_config(key: str) -> None:
    mistake = the_mistake(**{key: "other"})
    assert mistake.key == f"researchflow:{key}"
    assert key not in mistake.allowed.split(", ")


@pytest.mark.parametrize(
    ("changes", "key", "value", "allowed"),
    [
        (
            {"worker": {"memoryMib": True}},
            "worker.memoryMib",
            "true",
            "a whole number from 32 to 262144",
        ),
        (
            {"worker": {"memoryMib": "1024"}},
            "worker.memoryMib",
            '"1024"',
            "a whole number from 32 to 262144",
        ),
        (
            {"worker": {"memoryMib": 1024.5}},
            "worker.memoryMib",
            "1024.5",
            "a whole number from 32 to 262144",
        ),
        (
            {"worker": {"memoryMib": None}},
            "worker.memoryMib",
            "null",
            "a whole number from 32 to 262144",
        ),
        ({"database": {"multiAz": 1}}, "database.multiAz", "1", "true or false"),
        ({"protectData": "no"}, "protectData", '"no"', "true or false"),
        ({"queue": ["a"]}, "queue", '["a"]', QUEUE_KEYS),
        ({"queue": 3}, "queue", "3", QUEUE_KEYS),
        ({"queue": None}, "queue", "null", QUEUE_KEYS),
        ({"edge": {"waf": {"on": True}}}, "edge.waf", '{"on": true}', "true or false"),
        (
            {"kubernetesVersion": 1.35},
            "kubernetesVersion",
            "1.35",
            "1.33, 1.34, 1.35, 1.36, in quotes",
        ),
        (
            {"awsAccountId": 123456789012},
            "awsAccountId",
            "123456789012",
            "the 12 digits of an account, in quotes",
        ),
    ],
)
def test_a_value_of_the_wrong_type(
    changes: dict[str, Any], key: str, value: str, allowed: str
) -> None:
    mistake = the_mistake(**changes)
    assert (mistake.key, mistake.value, mistake.allowed) == (f"researchflow:{key}", value, allowed)


def test_an_unknown_size_names_the_nearest() -> None:
    assert str(the_mistake(size="Smal")) == (
        'researchflow:size = "Smal": allowed is small, medium, large; nearest: small'
    )


def test_an_unknown_region_names_the_nearest() -> None:
    mistake = the_mistake(region="us-est-1")
    assert mistake.key == "researchflow:region"
    assert mistake.allowed == ", ".join(load_catalog().region_names())
    assert mistake.nearest == "us-east-1"


@pytest.mark.parametrize(
    "zones",
    [
        ["us-east-1a", "us-east-1b"],
        ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d"],
        ["us-east-1a", "us-east-1a", "us-east-1c"],
        ["us-east-1a", "us-east-1b", "us-west-2c"],
        ["us-east-1a", "us-east-1b", "us-east-1z"],
    ],
)
def test_zones_that_are_not_three_of_the_region(zones: list[str]) -> None:
    mistake = the_mistake(availabilityZones=zones)
    assert mistake.key == "researchflow:availabilityZones"
    assert mistake.value == json.dumps(zones)
    assert mistake.allowed == (
        "exactly 3 different ones of us-east-1a, us-east-1b, us-east-1c, us-east-1d, us-east-1e, "
        "us-east-1f"
    )


@pytest.mark.parametrize(
    "cidr",
    [
        "10.0.0.0/20",  # too small for the layout
        "10.0.0.0/8",
        "10.0.0.1/16",  # a host, no network
        "172.20.0.0/16",  # the cluster's Services
        "127.0.0.0/16",
        "52.0.0.0/16",  # public
        "10.0.0.0.0/16",
        "fd00::/16",
        "",
    ],
)
def test_a_vpc_block_that_cannot_hold_the_layout(cidr: str) -> None:
    mistake = the_mistake(vpcCidr=cidr)
    assert mistake.key == "researchflow:vpcCidr"
    assert mistake.value == json.dumps(cidr)
    assert mistake.allowed == (
        "a private /16, as 10.0.0.0/16, that does not overlap 172.20.0.0/16 "
        "(the cluster's Services)"
    )


@pytest.mark.parametrize(
    ("section", "lower", "upper", "values"),
    [
        ("worker", "minReplicas", "maxReplicas", (9, 3)),
        ("orchestrator", "minReplicas", "maxReplicas", (3, 2)),
        ("database", "allocatedStorageGib", "maxStorageGib", (500, 400)),
    ],
)
def test_a_range_whose_upper_end_is_below_its_lower(
    section: str, lower: str, upper: str, values: tuple[int, int]
) -> None:
    mistake = the_mistake(**{section: {lower: values[0], upper: values[1]}})
    assert mistake.key == f"researchflow:{section}.{upper}"
    assert mistake.value == str(values[1])
    assert mistake.allowed == f"{values[0]} or more, which is {lower}"


def test_a_lower_end_above_the_sizes_upper_end() -> None:
    mistake = the_mistake(worker={"minReplicas": 50})
    assert mistake.key == "researchflow:worker.maxReplicas"
    assert mistake.allowed == "50 or more, which is minReplicas"


def test_a_number_outside_its_range() -> None:
    mistake = the_mistake(database={"readReplicas": 16})
    assert mistake.allowed == "a whole number from 0 to 15"


def test_an_unknown_class_names_the_nearest() -> None:
    mistake = the_mistake(database={"instanceClass": "db.r7g.xlarg"})
    assert mistake.key == "researchflow:database.instanceClass"
    assert "db.r7g.2xlarge, db.r7g.4xlarge, db.r7g.large, db.r7g.xlarge" in mistake.allowed
    assert mistake.nearest == "db.r7g.xlarge"


def test_a_class_of_another_service_is_unknown() -> None:
    assert the_mistake(cache={"nodeClass": "m7g.large"}).nearest == "cache.m7g.large"


def test_a_class_of_the_other_architecture_names_its_counterpart() -> None:
    mistake = the_mistake(nodes={"system": {"instanceClass": "m7i.large"}})
    assert mistake.key == "researchflow:nodes.system.instanceClass"
    assert mistake.allowed.startswith("a class of architecture arm64: m7g.2xlarge")
    assert mistake.nearest == "m7g.large"


@pytest.mark.parametrize("image", ["latest", "", "a b", "sha256:12", "repo/name:1.0", ".1"])
def test_an_image_that_is_not_pinned(image: str) -> None:
    mistake = the_mistake(images=MINIMAL["images"] | {"web": image})
    assert mistake.key == "researchflow:images.web"
    assert mistake.allowed == "a tag other than latest, or a digest: sha256: and 64 hex digits"


@pytest.mark.parametrize("domain", ["Example.com", "example", "http://example.com", "a..com"])
def test_a_domain_that_is_no_dns_name(domain: str) -> None:
    assert the_mistake(domain=domain).key == "researchflow:domain"


@pytest.mark.parametrize("change", [{}, {"domain": ""}, {"domain": None}])
def test_a_stack_with_data_to_protect_needs_a_domain(change: dict[str, Any]) -> None:
    mistake = the_mistake(protectData=True, **change)
    assert (mistake.key, mistake.value) == ("researchflow:domain", "(not set)")
    assert mistake.allowed == "a DNS name; only a stack with protectData false may leave it out"


def test_a_zone_without_a_domain() -> None:
    mistake = the_mistake(hostedZoneId="Z123")
    assert mistake.key == "researchflow:hostedZoneId"
    assert mistake.allowed == "set only beside a domain, whose zone it is"


@pytest.mark.parametrize("networks", [["0.0.0.0/0"], ["10.0.0.0/7"]])
def test_the_api_server_is_not_opened_to_all(networks: list[str]) -> None:
    assert the_mistake(publicApiCidrs=networks).key == "researchflow:publicApiCidrs"


@pytest.mark.parametrize("stack", ["Prod", "p", "prod_eu", "-prod", "a-name-that-is-too-long"])
def test_a_stack_name_that_cannot_begin_physical_names(stack: str) -> None:
    with pytest.raises(InvalidSettings, match=r"researchflow:stack = .*3 to 12 lower-case letters"):
        parse(PROJECT, stack, MINIMAL)


def test_all_mistakes_come_at_once_in_the_order_of_their_keys() -> None:
    mistakes = refused(
        size="smal",
        region="moon",
        worker={"minReplicas": 9, "maxReplicas": 3, "colour": "red"},
        cache={"nodeClass": "cache.m5.large", "shards": 0},
        unknown=1,
    )
    assert [mistake.key.removeprefix("researchflow:") for mistake in mistakes] == [
        "cache.nodeClass",
        "cache.shards",
        "region",
        "size",
        "unknown",
        "worker.colour",
        "worker.maxReplicas",
    ]


def test_the_error_is_a_list_with_its_length() -> None:
    with pytest.raises(InvalidSettings) as raised:
        accepted(size="smal", protectData="no")
    assert str(raised.value).splitlines() == [
        "2 mistakes in the configuration:",
        '  researchflow:protectData = "no": allowed is true or false',
        '  researchflow:size = "smal": allowed is small, medium, large; nearest: small',
    ]


def test_an_empty_config_names_every_required_key() -> None:
    with pytest.raises(InvalidSettings) as raised:
        parse(PROJECT, "test", {})
    assert [mistake.key for mistake in raised.value.mistakes] == [
        "researchflow:availabilityZones",
        "researchflow:domain",
        "researchflow:images",
        "researchflow:region",
        "researchflow:size",
        "researchflow:vpcCidr",
    ]
    assert {mistake.value for mistake in raised.value.mistakes} == {"(not set)"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["system", "nodeClass", "x"]), inner)
    ),
    max_leaves=6,
)


# The same examples on every run, and no time limit, as the machine may be busy.
STEADY = examples(
    max_examples=150, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@STEADY
@given(config=st.dictionaries(st.sampled_from([*keys_of(Settings), "project", "x"]), JSON))
def test_no_config_raises_anything_but_a_list_of_mistakes(config: dict[str, Any]) -> None:
    with pytest.raises(InvalidSettings) as raised:
        parse(PROJECT, "test", config)
    assert all(mistake.key.startswith("researchflow:") for mistake in raised.value.mistakes)


@STEADY
@given(texts=st.dictionaries(st.sampled_from(keys_of(Settings)), st.text(max_size=20)))
def test_no_text_from_the_engine_raises_anything_but_a_list_of_mistakes(
    texts: dict[str, str],
) -> None:
    with pytest.raises(InvalidSettings):
        settings_of(PROJECT, "test", {f"{PROJECT}:{key}": text for key, text in texts.items()})
