"""All of others' images that a stack runs."""

from __future__ import annotations

from collections.abc import Iterator

from scaleplan.cluster.charts import installed_charts
from scaleplan.images.charts import CHART_IMAGES, images_of_chart, running_in
from scaleplan.images.image import Image, own_image
from scaleplan.settings import Settings
from scaleplan.versions.table import PinKind, load_versions


def own_images() -> tuple[Image, ...]:
    """Those that the program's own pods run, in the table's order; every stack runs them all."""
    return tuple(own_image(pin.name) for pin in load_versions().of_kind(PinKind.IMAGE))


def images_of(settings: Settings) -> tuple[Image, ...]:
    """Each once: the program's own pods', then those of the charts that the stack installs."""
    return tuple({each.tagged: each for each in _images_of(settings)}.values())


def _images_of(settings: Settings) -> Iterator[Image]:
    yield from own_images()
    for chart in installed_charts(settings):
        yield from running_in(images_of_chart(chart.short_name, chart.version), settings)


def known_images() -> tuple[Image, ...]:
    """Those of every chart, whether a stack installs it or not; Citus' of the pinned PostgreSQL."""
    charts = (image for listed in CHART_IMAGES for image in listed.images)
    return (*own_images(), *charts)
