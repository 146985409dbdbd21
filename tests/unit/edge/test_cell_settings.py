"""The cells: their settings, their map, and what is refused."""

import json

import pytest
from typer.testing import CliRunner

from rf.cells.map import cells_of, faults_of
from rf.cli import app
from rf.shared import stacks
from scaleplan.catalog import load_catalog
from scaleplan.config.parsing import parse
from tests.stack_config import MINIMAL, accepted, the_mistake

HOME = {"name": "us-east", "region": "us-east-1", "organizations": "A-M", "others": ["west", "eu"]}
WEST = {"name": "west", "region": "us-west-2", "organizations": "N-Z", "home": "prod"}
EU = {"name": "eu", "region": "eu-west-1", "organizations": "EU", "home": "prod"}
ZONES = {
    region: [f"{region}{letter}" for letter in "abc"]
    for region in ("us-east-1", "us-west-2", "eu-west-1", "eu-west-2")
}


def config(cell, domain, second_octet):
    return MINIMAL | {
        "cell": cell,
        "domain": domain,
        "region": cell["region"],
        "availabilityZones": ZONES[cell["region"]],
        "vpcCidr": f"10.{second_octet}.0.0/16",
    }


def stacks_with(**changes):
    """The three cells, with keys of a cell changed: `west={"organizations": "M-Z"}`."""
    given = {
        "prod": config(HOME | changes.get("home", {}), "flow.example.org", 2),
        "west": config(WEST | changes.get("west", {}), "west.flow.example.org", 3),
        "prod-eu": config(EU | changes.get("eu", {}), "eu.flow.example.org", 4),
    }
    for stack, keys in changes.get("config", {}).items():
        given[stack] |= keys
    return {stack: parse("researchflow", stack, one) for stack, one in given.items()}


def test_the_plans_three_shards_are_a_map_without_fault():
    cells = cells_of(stacks_with())
    assert [(c.name, c.organizations, c.region, c.home) for c in cells] == [
        ("us-east", "A-M", "us-east-1", True),
        ("eu", "EU", "eu-west-1", False),
        ("west", "N-Z", "us-west-2", False),
    ]
    assert faults_of(stacks_with()) == []


def test_a_stack_alone_is_no_cell_and_has_no_fault():
    alone = {"dev": accepted()}
    assert (cells_of(alone), faults_of(alone)) == ([], [])


FAULTS = {
    "a gap": (
        {"west": {"organizations": "P-Z"}},
        "gap: organizations outside the EU N-O live nowhere",
    ),
    "a gap of one": (
        {"west": {"organizations": "O-Z"}},
        "gap: organizations outside the EU N live nowhere",
    ),
    "an overlap": (
        {"west": {"organizations": "L-Z"}},
        "overlap: organizations outside the EU L-M live in prod and in west",
    ),
    "half of Europe": (
        {"eu": {"organizations": "EU A-M"}},
        "gap: European organizations N-Z live nowhere",
    ),
    "no other letters": (
        {"config": {"prod": {"size": "small"}}, "home": {"organizations": "A-L"}},
        "gap: organizations outside the EU M live nowhere",
    ),
    "a cell that the home forgot": (
        {"home": {"others": ["eu"]}},
        "prod doesn't list the cell west in cell.others: nobody would be sent there",
    ),
    "a cell that isn't there": (
        {"home": {"others": ["west", "eu", "asia"]}},
        "prod sends to the cell asia, which no stack is",
    ),
    "another address than the home's": (
        {"config": {"west": {"domain": "west.example.org"}}},
        "west answers at west.example.org; prod sends to west.flow.example.org",
    ),
    "shared addresses": (
        {"config": {"prod-eu": {"vpcCidr": "10.2.0.0/16"}}},
        "overlap: prod and prod-eu share addresses, 10.2.0.0/16 and 10.2.0.0/16",
    ),
    "another home": (
        {"west": {"home": "prod-eu"}},
        "west names prod-eu as its home; the home is prod",
    ),
    "no home": (
        {"home": {"others": [], "home": "west"}, "config": {"prod": {"domain": "us-east.x.org"}}},
        "there must be one home, the cell that names no home; there is none",
    ),
}


@pytest.mark.parametrize(("changes", "sentence"), FAULTS.values(), ids=list(FAULTS))
def test_a_fault_of_the_map_is_said(changes, sentence):
    assert sentence in faults_of(stacks_with(**changes))


def test_without_a_european_cell_europe_is_a_gap():
    without = {k: v for k, v in stacks_with(home={"others": ["west"]}).items() if k != "prod-eu"}
    assert faults_of(without) == [
        "gap: European organizations live nowhere; add a cell with organizations: EU"
    ]


def test_the_command_shows_the_map_of_the_stack_files_and_finds_no_fault():
    result = CliRunner().invoke(app, ["cells", "--json"])
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["faults"] == []
    assert {cell["stack"]: cell["organizations"] for cell in document["cells"]} == {
        "prod": "A-M",
        "prod-us-west": "N-Z",
        "prod-eu": "EU",
    }


@pytest.mark.parametrize("letters", ["O-Z", "L-Z"])
def test_a_gap_or_an_overlap_exits_1_and_names_the_letters(monkeypatch, letters):
    monkeypatch.setattr(
        stacks, "all_settings", lambda: stacks_with(west={"organizations": letters})
    )
    result = CliRunner().invoke(app, ["cells"])
    assert result.exit_code == 1
    assert ("gap:" if letters == "O-Z" else "overlap:") in result.stdout
    assert "Traceback" not in result.output


def cell(region="us-east-1", domain="west.flow.example.org", **keys):
    given = {"name": "west", "region": region, **keys}
    return config(given, domain, 9) | {"edge": {"waf": True}}


REFUSED = {
    "another region than the stack's": (
        cell() | {"region": "us-west-2", "availabilityZones": ZONES["us-west-2"]},
        "cell",
        "the stack's own, us-west-2",
    ),
    "Europeans in London": (
        cell("eu-west-2", organizations="EU"),
        "cell",
        "eu-central-1, eu-west-1",
    ),
    "Europeans whose firewall logs in the USA": (
        cell("eu-west-1", organizations="EU"),
        "cell",
        "edge.wafLogs false",
    ),
    "no domain": (cell(domain=""), "cell", "beside a domain"),
    "a domain of another name": (
        cell(domain="east.flow.example.org", home="prod"),
        "cell",
        "west.east.flow.example.org",
    ),
    "itself as home": (cell(home="test"), "cell", "the stack of another cell"),
    "a zone of its own beside a home": (
        cell(home="prod") | {"hostedZoneId": "Z0123"},
        "cell",
        "a home, or a hostedZoneId",
    ),
    "letters that run backwards": (cell(organizations="M-A"), "cell.organizations", "ascending"),
    "a word": (cell(organizations="everybody"), "cell.organizations", "first letters"),
    "others beside a home": (cell(home="prod", others=["eu"]), "cell.others", "none beside home"),
    "itself among the others": (cell(others=["west"]), "cell.name", "none of the others'"),
    "a home without a name": (cell(name="", home="prod"), "cell.name", "name and region together"),
    "a name without a region": (
        cell(region="us-east-1") | {"cell": {"name": "west"}},
        "cell.name",
        "name and region together",
    ),
}


@pytest.mark.parametrize(("given", "key", "allowed"), REFUSED.values(), ids=list(REFUSED))
def test_a_cell_that_cannot_be_is_refused_by_name(given, key, allowed):
    mistake = the_mistake(**given)
    assert mistake.key == f"researchflow:{key}"
    assert allowed in mistake.allowed


def test_london_is_in_europe_and_not_in_the_union():
    assert load_catalog().european_region_names() == ["eu-central-1", "eu-west-1"]


@pytest.mark.parametrize(("home", "nearest"), [("prd", "prod"), ("prod-eu", None)])
def test_a_home_that_is_none_is_refused_with_the_stacks_that_could_be(home, nearest):
    result = CliRunner().invoke(
        app, ["preview", "--stack", "prod-us-west", "--set", f"cell.home={home}"]
    )
    assert result.exit_code == 2
    assert "a stack that has no home itself: dev, prod, staging" in result.stderr
    assert nearest is None or f"nearest: {nearest}" in result.stderr
