"""Writes the bill of materials: Python packages, charts and images, as CycloneDX 1.6 in JSON.

`make sbom`, or `python -m tools.supply_chain.bom > sbom.cdx.json`. What depends on what: packages
on packages, charts on their images.
"""

# pyright: reportCallIssue=false, reportArgumentType=false, reportAttributeAccessIssue=false
# The library's models are decorated in a way that hides their constructors from pyright.

from __future__ import annotations

import sys

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from scaleplan.cluster.charts import CHARTS, Chart
from scaleplan.images.charts import images_of_chart
from scaleplan.images.image import Image
from scaleplan.images.stack import own_images
from scaleplan.images.upstreams import DOCKER_HUB, located
from tools.supply_chain.packages import LOCKS, LockedPackage, locked_packages

PROPERTY = "researchflow:"
"""Begins the names of the properties that are this project's own."""


def bill_of_materials() -> Bom:
    """Of the locked packages of this interpreter and system, of every chart, and of every image
    that charts or the program's own pods run. Raises what `locked_packages` does."""
    bom = Bom()
    root = Component(name="researchflow-infrastructure", type=ComponentType.APPLICATION)
    bom.metadata.component = root
    packages = {each.name: _package(each) for each in locked_packages()}
    for each in locked_packages():
        bom.register_dependency(packages[each.name], [packages[name] for name in each.needs])
    own = [_image(each) for each in own_images()]
    charts = [(_chart(chart), _images_of(chart)) for chart in CHARTS]
    for chart, images in charts:
        bom.register_dependency(chart, images)
    top = [*packages.values(), *own, *(chart for chart, _ in charts)]
    bom.register_dependency(root, top)
    for component in (*top, *(image for _, images in charts for image in images)):
        bom.components.add(component)
    return bom


def render() -> str:
    """The document. Raises what `bill_of_materials` does."""
    return JsonV1Dot6(bill_of_materials()).output_as_string(indent=2) + "\n"


def _package(package: LockedPackage) -> Component:
    url = PackageURL("pypi", name=package.name, version=package.version)
    return Component(
        name=package.name,
        version=package.version,
        type=ComponentType.LIBRARY,
        # What tests need alone is none of what deploys.
        scope=ComponentScope.OPTIONAL if package.lock == LOCKS[-1] else ComponentScope.REQUIRED,
        licenses=[LicenseFactory().make_from_string(package.licence)],
        purl=url,
        bom_ref=url.to_string(),
        properties=[Property(name=f"{PROPERTY}lock", value=package.lock)],
    )


def _chart(chart: Chart) -> Component:
    where = {"repository_url": chart.repository or chart.name.rpartition("/")[0]}
    url = PackageURL("helm", name=chart.short_name, version=chart.version, qualifiers=where)
    listed = images_of_chart(chart.short_name, chart.version)
    return Component(
        name=chart.short_name,
        version=chart.version,
        type=ComponentType.APPLICATION,
        licenses=[LicenseFactory().make_from_string(listed.licence)],
        purl=url,
        bom_ref=url.to_string(),
    )


def _images_of(chart: Chart) -> list[Component]:
    return [_image(each) for each in images_of_chart(chart.short_name, chart.version).images]


def _image(image: Image) -> Component:
    url = _image_url(image)
    return Component(
        name=image.address,
        version=image.tag,
        type=ComponentType.CONTAINER,
        licenses=[LicenseFactory().make_from_string(image.licence)],
        purl=url,
        bom_ref=url.to_string(),
        properties=[Property(name=f"{PROPERTY}container", value=image.name)],
    )


def _image_url(image: Image) -> PackageURL:
    """`pkg:oci` where a digest is known, which is its version; else `pkg:docker` with the tag (purl
    specification, types oci and docker)."""
    registry, path = located(image.address)
    namespace, _, name = path.rpartition("/")
    if image.pulled_digest is not None:
        where = {"repository_url": f"{registry.host}/{path}", "tag": image.tag}
        return PackageURL("oci", name=name, version=image.pulled_digest, qualifiers=where)
    elsewhere = {} if registry.host == DOCKER_HUB else {"repository_url": registry.host}
    return PackageURL(
        "docker", namespace=namespace, name=name, version=image.tag, qualifiers=elsewhere
    )


if __name__ == "__main__":
    sys.stdout.write(render())
