"""What registries have: Helm's indexes, tags of images, packages, and StackGres' extensions.

Reads only, without credentials.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import yaml

from rf.shared.registry_client import RegistryClient, SilentRegistryError
from scaleplan.cluster.charts import Chart
from scaleplan.images.upstreams import DOCKER_HUB
from scaleplan.versions.fitting import Running
from scaleplan.versions.table import PinKind, numbers

MOST_PAGES = 200
"""Of a list of tags, a hundred or a thousand each; Docker's own images have several thousands."""

PYPI = "https://pypi.org"


@dataclass(frozen=True, kw_only=True)
class Offer:
    """One version that can be had, and what its publisher says of it."""

    version: str
    says: str = ""


class Registries:
    """Asks each address once. `docker_hub` and `pypi` stand for those of the internet."""

    def __init__(self, *, docker_hub: str | None = None, pypi: str = PYPI) -> None:
        self._client = RegistryClient({DOCKER_HUB: docker_hub} if docker_hub else {})
        self._pypi = pypi
        self._indexes: dict[str, Any] = {}

    def offers(self, running: Running) -> list[Offer]:
        """All versions that the row's registry has. Raises SilentRegistryError."""
        pin = running.pin
        if pin.kind is PinKind.CHART and pin.repository is not None:
            return list(self._charts(pin.repository, pin.address))
        if pin.kind is PinKind.CHART:
            return self._tags(pin.address.removeprefix("oci://"))
        if pin.kind is PinKind.IMAGE:
            return self._tags(pin.address)
        if pin.kind is PinKind.PACKAGE:
            found = self._client.json(f"{self._pypi}/pypi/{pin.address}/json")
            return [Offer(version=each) for each, whole in _mapping(found, "releases") if whole]
        return list(self._extensions(pin.address, pin.name))

    def _charts(self, repository: str, name: str) -> Iterator[Offer]:
        url = urljoin(repository.rstrip("/") + "/", "index.yaml")
        if url not in self._indexes:
            text = self._client.get(url).text
            try:
                self._indexes[url] = yaml.load(text, yaml.CSafeLoader)
            except yaml.YAMLError as error:
                raise SilentRegistryError(f"{url} is no index of charts") from error
        for each in dict(_mapping(self._indexes[url], "entries")).get(name, ()):
            kube = each.get("kubeVersion")
            yield Offer(version=str(each["version"]), says=f"kubeVersion {kube}" if kube else "")

    def _extensions(self, url: str, name: str) -> Iterator[Offer]:
        found = self._client.json(url)
        for extension in found.get("extensions", ()) if isinstance(found, dict) else ():
            if extension.get("name") == name:
                for each in extension.get("versions", ()):
                    built = {
                        f"{build.get('postgresVersion')} {build.get('arch', 'x86_64')}"
                        for build in each.get("availableFor", ())
                    }
                    says = f"built for PostgreSQL {', '.join(sorted(built))}" if built else ""
                    yield Offer(version=str(each["version"]), says=says)

    def _tags(self, address: str) -> list[Offer]:
        repository = self._client.repository(address)
        base = repository.partition("/v2/")[0]
        url, tags = f"{repository}/tags/list?n=1000", list[str]()
        for _ in range(MOST_PAGES):
            answer = self._client.authorized(url, {})
            if not answer.ok:
                where = urlsplit(url).netloc
                raise SilentRegistryError(f"{where} answered {answer.status_code}")
            tags += self._listed(answer, "tags")
            following = answer.links.get("next", {}).get("url")
            if following is None:
                return [Offer(version=tag) for tag in tags]
            url = urljoin(base, following)
        raise SilentRegistryError(f"{base} has more tags than were asked for")

    def _listed(self, answer: requests.Response, member: str) -> list[str]:
        try:
            return list(answer.json()[member] or ())
        except (ValueError, KeyError, TypeError) as error:
            where = urlsplit(answer.url).netloc
            raise SilentRegistryError(f"{where} answered without {member}") from error


def _mapping(found: Any, member: str) -> Iterator[tuple[str, Any]]:
    below = found.get(member) if isinstance(found, dict) else None
    if not isinstance(below, dict):
        raise SilentRegistryError(f"the answer has no {member}")
    yield from below.items()


def newest_of(running: Running, offers: list[Offer]) -> Offer | None:
    """The newest of the shape of the row's own version, and within what it must share.

    No release candidate and no variant: v1.26.1-p0 is followed by v1.27.0-p1, never by 1.27.0-rc1.
    """
    shape = re.sub(r"\d+", r"\\d+", re.escape(running.version)) + "$"
    within = numbers(running.pin.within)
    fitting = [
        each
        for each in offers
        if re.match(shape, each.version) and numbers(each.version)[: len(within)] == within
    ]
    return max(fitting, key=lambda each: _all_numbers(each.version), default=None)


def _all_numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))


def admits(running: Running, offer: Offer, kubernetes: str) -> bool | None:
    """Whether a chart's new version declares that Kubernetes version; None where it says nothing
    that is understood."""
    if not offer.says.startswith("kubeVersion "):
        return None
    try:
        chart = Chart(
            name=running.pin.address,
            repository=None,
            version=offer.version,
            kube_version=offer.says.removeprefix("kubeVersion "),
        )
    except ValueError:
        return None
    return chart.admits(kubernetes)
