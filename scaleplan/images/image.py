"""What an image is, and where a stack's machines pull it from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from scaleplan.images.digests import load_digests
from scaleplan.images.upstreams import located
from scaleplan.versions.table import load_versions


class DigestKey(StrEnum):
    """By which of its values a chart takes an image's digest."""

    TAG = "tag"
    """Written behind the tag, which stands in nothing but the image's name there."""

    SHA = "sha"
    """`sha`, without its algorithm."""

    SHA_WITH_ALGORITHM = "sha with sha256:"
    """`sha`, with its algorithm."""

    DIGEST = "digest"
    """`digest`, with its algorithm."""

    NONE = "none"
    """None of them: the program that names the image knows tags alone."""


@dataclass(frozen=True, kw_only=True)
class Image:
    """Someone else's image: `address` without its tag, and what of a stack's secrets it is handed
    (`holds`; empty where that is none). `licence` is that of the program in it, in SPDX's words."""

    name: str
    address: str
    tag: str
    licence: str
    holds: str = ""

    @property
    def tagged(self) -> str:
        """With its tag, as its publisher calls it."""
        return f"{self.address}:{self.tag}"

    @property
    def digest(self) -> str | None:
        """The digest that somebody has pinned for this tag."""
        return load_digests().digests.get(self.tagged)

    @property
    def takes_digest(self) -> bool:
        """Whether a pinned digest reaches the pod."""
        return True

    @property
    def pulled_digest(self) -> str | None:
        """The digest that pods name; None where they name a tag, which its publisher can move."""
        return self.digest if self.takes_digest else None


@dataclass(frozen=True, kw_only=True)
class ImageSource:
    """Where machines pull others' images from: where these are published, or ECR's copies of them.

    `copies` is the registry and the beginning of its repositories' names, as
    `123456789012.dkr.ecr.us-east-1.amazonaws.com/researchflow-prod`; `hosts` are the registries
    that are copied.
    """

    copies: str = ""
    hosts: frozenset[str] = frozenset()

    def address(self, image: Image) -> str:
        """Where the image is pulled, without tag."""
        upstream, path = located(image.address)
        return f"{self.copy_of(upstream.host)}/{path}" if self.copied(image) else image.address

    def copied(self, image: Image) -> bool:
        """Whether it is pulled from a copy."""
        return located(image.address)[0].host in self.hosts

    def copy_of(self, host: str) -> str:
        """The copy of a whole registry, or the registry itself."""
        upstream, _ = located(f"{host}/any")
        # A dot, which no stack's name has: nobody's own repositories can begin so.
        return f"{self.copies}.{upstream.copy}" if host in self.hosts else host

    def reference(self, image: Image) -> str:
        """The image as a pod names it: with its tag, and its digest where that is pinned."""
        tagged = f"{self.address(image)}:{image.tag}"
        return tagged if image.digest is None else f"{tagged}@{image.digest}"

    def own(self, name: str) -> str:
        """The same of a row of the table of versions. Raises KeyError where there is none."""
        return self.reference(own_image(name))


def own_image(name: str) -> Image:
    """The image of that row of the table of versions. Raises KeyError where there is none."""
    pin = load_versions().pin(name)
    return Image(
        name=pin.name, address=pin.address, tag=pin.pinned, licence=pin.licence, holds=pin.holds
    )


PUBLISHED = ImageSource()
"""Each where it was published."""
