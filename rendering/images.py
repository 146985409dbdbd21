"""References of the applications' images."""

from __future__ import annotations


def image_reference(repository_url: str, pin: str) -> str:
    """`repository@sha256:…` for a digest, `repository:tag` for a tag."""
    separator = "@" if pin.startswith("sha256:") else ":"
    return f"{repository_url}{separator}{pin}"
