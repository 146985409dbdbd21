"""Where a fact was read: name, page or file, and the version that it was true of."""

from __future__ import annotations

from dataclasses import dataclass

PROVIDER_VERSION = "pulumi-aws 7.51.1 (terraform-provider-aws 6)"
KUBERNETES_PROVIDER_VERSION = "pulumi-kubernetes v4.0.0-20260115033456-f47bc2d6f199"
KUBERNETES_VERSION = "Kubernetes 1.35"

GUIDES_READ = "as of 2026-11"
"""AWS's guides have no versions: the month in which their pages were read."""


@dataclass(frozen=True, kw_only=True)
class FactSource:
    """One place. `page` is printed after the name as it stands, `version` says what it is of."""

    name: str
    page: str
    version: str

    def __str__(self) -> str:
        return f"{self.name}, {self.page}" if self.page else self.name


def provider(page: str) -> FactSource:
    """A file of the provider's service packages (`internal/service/...`), or a remark on it."""
    return FactSource(name="provider", page=page, version=PROVIDER_VERSION)


def guide(name: str, page: str) -> FactSource:
    """A page of one of AWS's guides, by its title."""
    return FactSource(name=name, page=f'"{page}"', version=GUIDES_READ)


def thread(name: str, page: str) -> FactSource:
    """A thread on GitHub, as owner/name#number, and what it says."""
    return FactSource(name=name, page=page, version=GUIDES_READ)


def assumed(page: str) -> FactSource:
    """Nobody's: of what nobody was found to say, our own guess and what it goes by."""
    return FactSource(name="assumed", page=page, version=GUIDES_READ)


def kubernetes(page: str) -> FactSource:
    """A page of Kubernetes' documentation, by its title, or a remark."""
    return FactSource(name="Kubernetes", page=page, version=KUBERNETES_VERSION)


def kubernetes_provider(page: str) -> FactSource:
    """A file of the Kubernetes provider."""
    return FactSource(name="pulumi-kubernetes", page=page, version=KUBERNETES_PROVIDER_VERSION)
