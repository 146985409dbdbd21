"""Others' images in the account's own ECR, fetched when a node first asks for one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Resource, ResourceOptions

from components.identity.encryption import Keys
from components.shared.made_repositories import (
    RepositoryMaker,
    repository_maker,
    repository_template,
)
from components.shared.place import Place
from rendering.cluster.image_copies_documents import import_policy
from scaleplan.images.upstreams import ImageRegistry, located


@dataclass(frozen=True, kw_only=True)
class ImageCopiesArgs:
    """Whose images are copied. The data key encrypts the copies for good, as ECR can't change a
    repository's key."""

    place: Place
    keys: Keys

    credentials: Mapping[str, str | None]
    """The registries by their hosts, and the ARN of the secret with the login to each, or None."""

    node_role: Input[str]
    """The name of the role of every node, by which images are pulled."""


class ImageCopies(ComponentResource):
    """A rule a registry, and how the repositories are made that ECR makes by itself.

    A tag of a copy never moves: what it was when a node first asked for it, it stays, whatever its
    publisher does later. The repositories are nobody's resources: they outlive the rules.
    """

    ready: list[Resource]

    def __init__(
        self, name: str, args: ImageCopiesArgs, opts: ResourceOptions | None = None
    ) -> None:
        summary = {"registries": sorted(args.credentials)}
        super().__init__("researchflow:cluster:ImageCopies", name, summary, opts)
        self._name, self._args = name, args
        place = args.place
        maker = repository_maker(
            self,
            name,
            registry=f"{place.region}:{place.account_id}",
            names=f"{place.prefix}.*",
            key_arn=args.keys.data_arn,
        )
        registries = [located(f"{host}/any")[0] for host in sorted(args.credentials)]
        templates = [self._template(each, maker) for each in registries]
        # A repository that is made before its template has neither its key nor its rules.
        rules = [self._rule(each, templates) for each in registries]
        self.ready = [*rules, self._import_permission()]
        self.register_outputs({})

    def _import_permission(self) -> Resource:
        place = self._args.place
        return aws.iam.RolePolicy(
            f"{self._name}-import",
            role=self._args.node_role,
            policy=import_policy(f"{place.region}:{place.account_id}", place.prefix),
            opts=ResourceOptions(parent=self),
        )

    def _rule(self, registry: ImageRegistry, templates: list[Resource]) -> Resource:
        return aws.ecr.PullThroughCacheRule(
            f"{self._name}-{registry.copy}",
            ecr_repository_prefix=f"{self._args.place.prefix}.{registry.copy}",
            upstream_registry_url=registry.api,
            credential_arn=self._args.credentials[registry.host],
            opts=ResourceOptions(parent=self, depends_on=templates),
        )

    def _template(self, registry: ImageRegistry, maker: RepositoryMaker) -> Resource:
        place = self._args.place
        return repository_template(
            self,
            f"{self._name}-{registry.copy}",
            maker,
            prefix=f"{place.prefix}.{registry.copy}",
            description=f"Copies of {registry.host} for {place.prefix}",
            applied_for="PULL_THROUGH_CACHE",
        )
