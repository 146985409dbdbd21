"""The registries that others publish images in, and which of them an image's address means."""

from __future__ import annotations

from dataclasses import dataclass

DOCKER_HUB = "docker.io"
GITHUB = "ghcr.io"


@dataclass(frozen=True, kw_only=True)
class ImageRegistry:
    """A registry by the `host` that addresses name it by, and the `api` that answers for it.

    `copy` ends the name that ECR keeps its images under, in four letters at most. `login`: ECR
    copies from it only with a login (ECR user guide, "Sync an upstream registry with an Amazon ECR
    private registry").
    """

    host: str
    api: str
    copy: str
    login: bool = False


UPSTREAMS = (
    # API of ECR, CreatePullThroughCacheRule, upstreamRegistryUrl.
    ImageRegistry(host=DOCKER_HUB, api="registry-1.docker.io", copy="hub", login=True),
    ImageRegistry(host=GITHUB, api=GITHUB, copy="ghcr", login=True),
    ImageRegistry(host="public.ecr.aws", api="public.ecr.aws", copy="ecr"),
    ImageRegistry(host="quay.io", api="quay.io", copy="quay"),
    ImageRegistry(host="registry.k8s.io", api="registry.k8s.io", copy="k8s"),
)
"""All that some image of a stack comes from."""

_BY_HOST = {each.host: each for each in UPSTREAMS}


def located(address: str) -> tuple[ImageRegistry, str]:
    """The registry of an address, and the repository there: of `postgres`, Docker Hub's
    `library/postgres`. Raises KeyError for a registry that is none of `UPSTREAMS`."""
    host, _, path = address.partition("/")
    if "." in host or ":" in host:
        return _BY_HOST[host], path
    return _BY_HOST[DOCKER_HUB], address if path else f"library/{address}"
