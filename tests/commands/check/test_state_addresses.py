"""Stacks that share addresses: refused where they are joined, told of elsewhere."""

import pytest
import yaml

from rf.check.state import files
from rf.check.state.policy import StateStatus

HOME = {"cell": {"name": "us-east", "others": ["eu"]}}


def judged(folder, stacks):
    """The finding on addresses of each stack."""
    (folder / "Pulumi.yaml").write_text("name: researchflow\nruntime: python\n", "utf-8")
    for stack, (network, config) in stacks.items():
        said = {"vpcCidr": network, **config}
        document = {"config": {f"researchflow:{key}": value for key, value in said.items()}}
        (folder / f"Pulumi.{stack}.yaml").write_text(yaml.safe_dump(document), "utf-8")
    found = files.findings(folder, list(stacks), "researchflow")
    return {each.stack: each for each in found if each.rule == "addresses"}


@pytest.mark.parametrize(
    "stacks",
    [
        {"prod": HOME, "prod-eu": {"cell": {"name": "eu", "home": "prod"}}},
        {
            "prod-eu": {"cell": {"name": "eu", "home": "prod"}},
            "prod-us-west": {"cell": {"name": "us-west", "home": "prod"}},
        },
        {"prod": {}, "prod-dr": {"disasterRecovery": {"siteOf": "prod"}}},
    ],
    ids=["a cell and its home", "two cells", "a recovery site"],
)
def test_stacks_that_are_joined_may_not_share_addresses(tmp_path, stacks):
    found = judged(tmp_path, {stack: ("10.2.0.0/16", config) for stack, config in stacks.items()})
    for stack, finding in found.items():
        (other,) = stacks.keys() - {stack}
        assert finding.state is StateStatus.WRONG
        assert other in finding.found
        assert "vpcCidr" in finding.fix


def test_stacks_that_nothing_joins_share_addresses_with_a_warning(tmp_path):
    found = judged(
        tmp_path,
        {
            "dev": ("10.2.0.0/16", {}),
            "prod": ("10.2.0.0/16", HOME),
            "staging": ("10.1.0.0/16", {"cell": {}}),
        },
    )
    assert {stack: each.state for stack, each in found.items()} == {
        "dev": StateStatus.WARNING,
        "prod": StateStatus.WARNING,
        "staging": StateStatus.FINE,
    }


def test_one_stack_is_judged_beside_all_files(tmp_path):
    judged(tmp_path, {"dev": ("10.2.0.0/16", {}), "prod": ("10.2.0.0/16", {})})
    found = files.findings(tmp_path, ["dev"], "researchflow")
    assert "prod" in next(each.found for each in found if each.rule == "addresses")


def test_what_is_no_network_is_left_to_the_settings(tmp_path):
    assert list(judged(tmp_path, {"dev": ("ten", {}), "prod": ("10.2.0.0/16", {})})) == ["prod"]
