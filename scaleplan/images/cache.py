"""Whether a stack pulls others' images through copies in its own account, and by which logins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from scaleplan.config.section import Matching, Section
from scaleplan.images.upstreams import DOCKER_HUB, GITHUB, UPSTREAMS

Credential = Annotated[
    str,
    Matching(
        r"arn:aws:secretsmanager:[a-z0-9-]+:\d{12}:secret:"
        r"ecr-pullthroughcache/[A-Za-z0-9/_+=.@-]{1,500}",
        "the ARN of a secret whose name begins with ecr-pullthroughcache/, as "
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:ecr-pullthroughcache/hub-a1b2c3",
    ),
]


class PullThroughCacheSettings(Section):
    """ECR's copies of others' images, from which nodes pull them; see `docs/supply-chain.md`.

    Of Docker Hub and GitHub ECR copies only with a login (ECR user guide, "Sync an upstream
    registry with an Amazon ECR private registry"); without one their images are pulled from there
    as before.
    """

    enabled: Annotated[
        bool,
        Field(
            description="nodes pull others' images from copies in the account's ECR, whose tags "
            "don't move"
        ),
    ] = False
    docker_hub_credential: Annotated[
        Credential | None,
        Field(description="secret with the login to Docker Hub, in the stack's account and region"),
    ] = None
    github_credential: Annotated[
        Credential | None,
        Field(description="secret with the login to GitHub's registry, ghcr.io; the same"),
    ] = None

    @field_validator("docker_hub_credential", "github_credential")
    @classmethod
    def _logs_in_for_a_cache(cls, secret: str | None, info: ValidationInfo) -> str | None:
        if secret is not None and info.data.get("enabled") is False:
            raise PydanticCustomError(
                "credential", "copies nothing", {"allowed": "set only beside enabled: true"}
            )
        return secret

    @property
    def credentials(self) -> Mapping[str, str | None]:
        """The registries that are copied by their hosts, each with its login or None."""
        logins = {DOCKER_HUB: self.docker_hub_credential, GITHUB: self.github_credential}
        return {
            each.host: logins.get(each.host)
            for each in UPSTREAMS
            if self.enabled and (not each.login or logins[each.host] is not None)
        }
