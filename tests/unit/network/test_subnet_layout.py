"""Where subnets lie: deployed ones can't move, so their addresses are written out here."""

from ipaddress import IPv4Network
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rendering.network.subnet_layout import ZONE_KEYS, nat_zone, subnet_layout

PRIVATE_RANGES = st.one_of(
    st.just("10.0.0.0/8"), st.just("172.16.0.0/12"), st.just("192.168.0.0/16")
).map(IPv4Network)


@st.composite
def vpcs(draw):
    """Any /16 of the private ranges."""
    within = draw(PRIVATE_RANGES)
    index = draw(st.integers(0, 2 ** (16 - within.prefixlen) - 1))
    return IPv4Network((int(within.network_address) + index * 2**16, 16))


def test_the_addresses_of_a_deployed_stack_never_change():
    layout = subnet_layout(IPv4Network("10.0.0.0/16"))
    assert {zone: str(network) for zone, network in layout.private.items()} == {
        "a": "10.0.0.0/18",
        "b": "10.0.64.0/18",
        "c": "10.0.128.0/18",
    }
    assert {zone: str(network) for zone, network in layout.public.items()} == {
        "a": "10.0.192.0/22",
        "b": "10.0.196.0/22",
        "c": "10.0.200.0/22",
    }
    assert {zone: str(network) for zone, network in layout.data.items()} == {
        "a": "10.0.204.0/22",
        "b": "10.0.208.0/22",
        "c": "10.0.212.0/22",
    }


@given(vpcs())
def test_every_subnet_lies_in_the_vpc_and_overlaps_no_other(vpc):
    subnets = subnet_layout(vpc).all()
    assert len(subnets) == 9
    assert all(subnet.subnet_of(vpc) for subnet in subnets)
    for before, after in pairwise(subnets):
        assert before.broadcast_address < after.network_address


@given(vpcs())
def test_a_tier_can_be_added_behind_the_last_subnet(vpc):
    last = subnet_layout(vpc).all()[-1]
    free = int(vpc.broadcast_address) - int(last.broadcast_address)
    assert free >= 3 * 1024


@pytest.mark.parametrize("cidr", ["10.0.0.0/17", "10.0.0.0/8"])
def test_a_network_of_another_length_is_refused_by_name(cidr):
    with pytest.raises(ValueError, match=cidr):
        subnet_layout(IPv4Network(cidr))


@pytest.mark.parametrize(
    ("gateways", "zones"),
    [(1, ["a", "a", "a"]), (2, ["a", "b", "a"]), (3, ["a", "b", "c"])],
)
def test_a_zone_leaves_by_its_own_gateway_or_by_the_first(gateways, zones):
    assert [nat_zone(zone, gateways) for zone in ZONE_KEYS] == zones


@pytest.mark.parametrize("gateways", [0, 4])
def test_an_impossible_number_of_gateways_is_refused(gateways):
    with pytest.raises(ValueError, match=f"{gateways} NAT gateways"):
        nat_zone("a", gateways)
