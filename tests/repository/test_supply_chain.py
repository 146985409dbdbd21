"""The bill of materials is whole and well-formed; no licence comes in that nobody has judged."""

import json

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.utils import canonicalize_name

from rf.shared.project import PROJECT_ROOT
from scaleplan.cluster.charts import CHARTS
from scaleplan.images.digests import ImageDigests
from scaleplan.images.image import own_image
from scaleplan.images.stack import known_images
from tools.reference import licences, supply_chain
from tools.supply_chain import bom
from tools.supply_chain.packages import locked_packages

LICENCES = PROJECT_ROOT / "docs" / "licences.md"
PACKAGES = "## Python packages\n"
DIGEST = f"sha256:{'d' * 64}"


@pytest.fixture(scope="module")
def document() -> dict:
    text = bom.render()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    return json.loads(text)


def components(document, kind):
    return {
        (each["name"], each["version"]): each
        for each in document["components"]
        if each["type"] == kind
    }


def test_the_bill_has_every_locked_package_and_what_it_needs(document):
    found = components(document, "library")
    packages = {each.name: each for each in locked_packages()}
    assert {name for name, _ in found} == set(packages)
    pulumi = packages["pulumi"]
    assert found["pulumi", pulumi.version]["scope"] == "required"
    assert found["pytest", packages["pytest"].version]["scope"] == "optional"
    needs = {each["ref"]: each.get("dependsOn", ()) for each in document["dependencies"]}
    assert (
        f"pkg:pypi/grpcio@{packages['grpcio'].version}"
        in needs[f"pkg:pypi/pulumi@{pulumi.version}"]
    )


def test_the_bill_has_every_chart_with_its_images(document):
    charts, images = components(document, "application"), components(document, "container")
    assert set(charts) == {(each.short_name, each.version) for each in CHARTS}
    assert set(images) == {(each.address, each.tag) for each in known_images()}
    needs = {each["ref"]: each.get("dependsOn", ()) for each in document["dependencies"]}
    assert "pkg:helm/keda@2.20.2" in {ref.partition("?")[0] for ref in needs}
    keda = next(each for ref, each in needs.items() if ref.startswith("pkg:helm/keda@"))
    assert any("kedacore/keda" in each for each in keda)


def test_a_pinned_image_is_named_by_its_digest(monkeypatch):
    pgbouncer = own_image("pgbouncer")
    known = ImageDigests(digests={pgbouncer.tagged: DIGEST})
    monkeypatch.setattr("scaleplan.images.image.load_digests", lambda: known)
    found = components(json.loads(bom.render()), "container")[pgbouncer.address, pgbouncer.tag]
    assert found["purl"].startswith("pkg:oci/pgbouncer@sha256")


def test_the_page_of_licences_is_the_generated_one():
    page, made = LICENCES.read_text("utf-8"), licences.render()
    # Another Python or system takes some packages more or less.
    assert page.partition(PACKAGES)[0] == made.partition(PACKAGES)[0], (
        "run: python -m tools.reference.licences > docs/licences.md"
    )
    written = set(page.partition(PACKAGES)[2].splitlines())
    assert set(made.partition(PACKAGES)[2].splitlines()) <= written
    lock = (PROJECT_ROOT / "requirements-dev.txt").read_text("utf-8")
    locked = {
        canonicalize_name(line.partition("==")[0]) for line in lock.splitlines() if "==" in line
    }
    named = {line.split("|")[1].strip() for line in written if line.startswith("| ")}
    assert named - {"package", "---"} <= locked


@pytest.mark.parametrize(
    ("expression", "judged"),
    [
        ("MIT", []),
        ("MIT OR GPL-2.0-only", []),
        ("MIT AND LGPL-3.0-only", ["LGPL-3.0-only"]),
        ("MIT AND SSPL-1.0", None),
        ("BUSL-1.1", None),
    ],
)
def test_a_licence_that_nobody_has_judged_is_refused(expression, judged):
    if judged is None:
        with pytest.raises(licences.UnexplainedLicenceError, match="nobody has judged"):
            list(licences.unpermissive({expression}))
    else:
        assert list(licences.unpermissive({expression})) == judged


def test_the_page_of_the_supply_chain_says_how_charts_are_told():
    page = supply_chain.PAGE.read_text("utf-8")
    assert page == supply_chain.render(page), "run: python -m tools.reference.supply_chain"
