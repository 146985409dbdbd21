"""What charts are told of their images: a copy's address and a digest, each by the chart's keys."""

import pytest

from rendering.shared.chart_images import image_keys, image_values, with_images
from rendering.shared.chart_values import check_values
from scaleplan.cluster.charts import CHARTS
from scaleplan.images.charts import CHART_IMAGES, UnreadChartImages, images_of_chart
from scaleplan.images.digests import ImageDigests
from scaleplan.images.image import DigestKey, ImageSource
from scaleplan.images.stack import own_images
from scaleplan.images.upstreams import UPSTREAMS, located

REGISTRY = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
COPIES = ImageSource(
    copies=f"{REGISTRY}/researchflow-test", hosts=frozenset(each.host for each in UPSTREAMS)
)
HERE = ImageSource()
VERSIONS = {chart.short_name: chart.version for chart in CHARTS}
ALL = [*own_images(), *(image for chart in CHART_IMAGES for image in chart.images)]


def digest_of(number: int) -> str:
    return f"sha256:{number:064x}"


@pytest.fixture(autouse=True)
def unpinned(monkeypatch) -> None:
    """Whatever the file of digests holds."""
    known = ImageDigests(digests={})
    monkeypatch.setattr("scaleplan.images.image.load_digests", lambda: known)


@pytest.fixture
def pinned(unpinned, monkeypatch) -> dict[str, str]:
    """Every image has a digest."""
    digests = {each.tagged: digest_of(number) for number, each in enumerate(ALL, start=1)}
    known = ImageDigests(digests=digests)
    monkeypatch.setattr("scaleplan.images.image.load_digests", lambda: known)
    return digests


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.short_name)
def test_every_pinned_chart_has_its_images_listed_for_its_version(chart):
    runs_nothing = chart.short_name in {"karpenter-crd", "prometheus-operator-crds"}
    assert (images_of_chart(chart.short_name, chart.version).images == ()) == runs_nothing


def test_a_chart_at_a_version_whose_images_nobody_has_read_is_refused():
    with pytest.raises(UnreadChartImages, match=r"keda 9\.9\.9: .* listed for 2\.20\.2"):
        with_images({}, "keda", "9.9.9", HERE)
    with pytest.raises(UnreadChartImages, match="no list"):
        with_images({}, "nginx", "1", HERE)


def test_names_and_addresses_are_those_of_one_image_each():
    assert len({each.name for each in ALL}) == len(ALL)
    assert len({each.tagged for each in ALL}) == len(ALL)


def test_without_copies_and_digests_a_chart_is_told_nothing():
    for chart, version in VERSIONS.items():
        assert list(image_values(chart, version, HERE)) == []


@pytest.mark.parametrize("listed", CHART_IMAGES, ids=lambda listed: listed.chart)
def test_with_copies_no_image_of_a_chart_is_pulled_from_elsewhere(listed):
    told = dict(image_values(listed.chart, listed.version, COPIES))
    for image in listed.images:
        upstream, path = located(image.address)
        copy = f"{REGISTRY}/researchflow-test.{upstream.copy}"
        if image.section:
            registry = told.get(f"{image.section}.registry")
            repository = told[f"{image.section}.repository"]
            assert (registry is not None) == image.split
            whole = f"{registry}/{repository}" if registry else repository
            assert whole == f"{copy}/{path}"
        else:
            assert told[listed.registry] == copy


@pytest.mark.parametrize("listed", CHART_IMAGES, ids=lambda listed: listed.chart)
def test_a_digest_reaches_the_key_that_the_charts_template_reads(pinned, listed):
    told = dict(image_values(listed.chart, listed.version, HERE))
    assert told.keys() <= image_keys(listed.chart, listed.version)
    check_values(
        listed.chart, listed.version, with_images({}, listed.chart, listed.version, COPIES)
    )
    for image in listed.images:
        digest = pinned[image.tagged]
        expected = {
            DigestKey.TAG: ("tag", f"{image.tag}@{digest}"),
            DigestKey.SHA: ("sha", digest.removeprefix("sha256:")),
            DigestKey.SHA_WITH_ALGORITHM: ("sha", digest),
            DigestKey.DIGEST: ("digest", digest),
        }
        if image.by is DigestKey.NONE:
            assert not image.section
        else:
            key, value = expected[image.by]
            assert told.pop(f"{image.section}.{key}") == value
    assert told == {}


def test_a_charts_other_values_stay():
    values = {"image": {"pullPolicy": "Always", "keda": {"tag": "1"}}, "replicas": 2}
    found = with_images(values, "keda", VERSIONS["keda"], COPIES)
    assert found["image"]["pullPolicy"] == "Always"
    assert found["image"]["keda"]["tag"] == "1"
    assert found["image"]["keda"]["registry"] == REGISTRY
    assert values == {"image": {"pullPolicy": "Always", "keda": {"tag": "1"}}, "replicas": 2}


def test_a_pod_names_the_copy_the_tag_and_the_digest(pinned):
    digest = pinned["postgres:16.14-alpine3.24"]
    assert HERE.own("postgres-client") == f"postgres:16.14-alpine3.24@{digest}"
    assert COPIES.own("postgres-client") == (
        f"{REGISTRY}/researchflow-test.hub/library/postgres:16.14-alpine3.24@{digest}"
    )


def test_the_digest_of_another_tag_is_never_taken(monkeypatch):
    known = ImageDigests(digests={"edoburu/pgbouncer:v1.0.0-p0": digest_of(1)})
    monkeypatch.setattr("scaleplan.images.image.load_digests", lambda: known)
    assert "@" not in HERE.own("pgbouncer")


@pytest.mark.parametrize("image", ALL, ids=lambda image: image.name)
def test_every_image_has_a_registry_and_a_licence_that_is_known(image):
    located(image.address)
    assert image.licence
