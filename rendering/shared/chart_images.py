"""A chart's values for where its images are pulled, and by which digest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scaleplan.images.charts import ChartImage, images_of_chart
from scaleplan.images.image import DigestKey, ImageSource

_KEYS = {
    DigestKey.TAG: "tag",
    DigestKey.SHA: "sha",
    DigestKey.SHA_WITH_ALGORITHM: "sha",
    DigestKey.DIGEST: "digest",
}


def image_keys(chart: str, version: str) -> frozenset[str]:
    """All keys, with dots, by which the chart can be told of its images. Raises
    UnreadChartImages."""
    listed = images_of_chart(chart, version)
    keys = {listed.registry} if listed.registry else set[str]()
    for image in listed.images:
        if image.section:
            own = ("registry", "repository") if image.split else ("repository",)
            keys |= {f"{image.section}.{key}" for key in (*own, _KEYS[image.by])}
    return frozenset(keys)


def with_images(
    values: Mapping[str, Any], chart: str, version: str, source: ImageSource
) -> dict[str, Any]:
    """The values, and what the chart has to be told of its images: nothing where each is pulled
    where the chart says itself, by its tag.

    Raises UnreadChartImages where nobody has read the chart's images at that version.
    """
    result = dict(values)
    for path, value in image_values(chart, version, source):
        _put(result, path.split("."), value)
    return result


def image_values(chart: str, version: str, source: ImageSource) -> Iterator[tuple[str, str]]:
    """The values by their keys, with dots. Raises UnreadChartImages."""
    listed = images_of_chart(chart, version)
    if listed.registry and source.copy_of(listed.host) != listed.host:
        yield listed.registry, source.copy_of(listed.host)
    for image in listed.images:
        if image.section:
            yield from _of_image(image, source)


def _of_image(image: ChartImage, source: ImageSource) -> Iterator[tuple[str, str]]:
    if source.copied(image):
        address = source.address(image)
        if image.split:
            registry, _, address = address.partition("/")
            yield f"{image.section}.registry", registry
        yield f"{image.section}.repository", address
    digest = image.pulled_digest
    if digest is not None:
        texts = {
            DigestKey.TAG: f"{image.tag}@{digest}",
            DigestKey.SHA: digest.removeprefix("sha256:"),
        }
        yield f"{image.section}.{_KEYS[image.by]}", texts.get(image.by, digest)


def _put(values: dict[str, Any], path: list[str], value: str) -> None:
    """Into a copy of each object on the way."""
    first, *rest = path
    if rest:
        below = values[first] = dict(values.get(first, {}))
        _put(below, rest, value)
    else:
        values[first] = value
