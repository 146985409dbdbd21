"""Where a stack stands in AWS, and what all that it makes there has in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scaleplan.images.image import PUBLISHED, ImageSource


@dataclass(frozen=True, kw_only=True)
class Place:
    """The stack's names, account, region, zones, tags and guard: every layer on AWS gets them."""

    prefix: str
    """Project and stack, which begin every physical name; it is the cluster's name too."""

    account_id: str
    """The AWS account, in twelve digits."""

    region: str
    """The provider's region, as us-east-1."""

    availability_zones: tuple[str, ...]
    """The zones in use, as us-east-1a, in the order that their subnets were numbered in."""

    tags: Mapping[str, str]
    """Whose something is, for what the provider's tags don't reach: machines, disks, volumes."""

    protect: bool
    """Whether what holds data is guarded against deletion."""

    images: ImageSource = PUBLISHED
    """Where its machines pull others' images from."""
