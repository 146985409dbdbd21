"""What the tests run on real servers is what the program deploys, at that very version."""

import re

import pytest

from components.shared import versions
from rf.shared.project import PROJECT_ROOT
from scaleplan.images.image import own_image
from tests.services.observability.built import built_versions
from tests.services.observability.exporters import PROGRAMS
from tests.unit.observability.metric_sources import SOURCES


@pytest.mark.parametrize(
    "image",
    [
        own_image(versions.REDIS_EXPORTER).tagged,
        own_image(versions.POSTGRES_EXPORTER).tagged,
        own_image(versions.PGBOUNCER_EXPORTER).tagged,
    ],
)
def test_an_exporter_is_built_at_the_version_of_its_image(image):
    name, _, tag = image.rpartition(":")
    assert built_versions()[PROGRAMS[name]] == tag.removeprefix("v")


def test_the_table_of_metrics_speaks_of_the_versions_that_are_built():
    table = {source.exporter: source.version for source in SOURCES}
    built = dict(built_versions())
    # It shows no metrics: it serves them.
    del built["prometheus-adapter"]
    assert built.pop("promtool") == built["prometheus"]
    table["prometheus"] = table.pop("Prometheus itself")
    assert built.items() <= table.items()


def test_patroni_is_fetched_at_the_version_that_the_table_speaks_of():
    script = (PROJECT_ROOT / ".ci" / "services").read_text(encoding="utf-8")
    (fetched,) = re.findall(r"^PATRONI=(.+)$", script, flags=re.M)
    assert {source.version for source in SOURCES if source.exporter == "Patroni"} == {fetched}
