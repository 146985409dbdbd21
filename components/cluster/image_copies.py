"""Others' images in the account's own ECR, fetched when a node first asks for one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions

from components.identity.encryption import Keys
from components.shared.place import Place
from rendering.applications.repository_lifecycle import keep_newest_images
from rendering.cluster.image_copies_documents import copy_creation_policy, import_policy
from rendering.shared.iam_documents import service_trust
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
        role, permission = self._creation_role()
        registries = [located(f"{host}/any")[0] for host in sorted(args.credentials)]
        templates = [self._template(each, role, permission) for each in registries]
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

    def _template(
        self, registry: ImageRegistry, role: aws.iam.Role, permission: Resource
    ) -> Resource:
        prefix = f"{self._args.place.prefix}.{registry.copy}"
        return aws.ecr.RepositoryCreationTemplate(
            f"{self._name}-{registry.copy}",
            prefix=prefix,
            description=f"Copies of {registry.host} for {self._args.place.prefix}",
            applied_fors=["PULL_THROUGH_CACHE"],
            custom_role_arn=role.arn,
            image_tag_mutability="IMMUTABLE",
            lifecycle_policy=keep_newest_images(),
            encryption_configurations=[
                aws.ecr.RepositoryCreationTemplateEncryptionConfigurationArgs(
                    encryption_type="KMS", kms_key=self._args.keys.data_arn
                )
            ],
            opts=ResourceOptions(parent=self, depends_on=[permission]),
        )

    def _creation_role(self) -> tuple[aws.iam.Role, Resource]:
        place = self._args.place
        role = aws.iam.Role(
            f"{self._name}-creation",
            assume_role_policy=service_trust("ecr.amazonaws.com"),
            opts=ResourceOptions(parent=self),
        )
        registry = f"{place.region}:{place.account_id}"
        permission = aws.iam.RolePolicy(
            f"{self._name}-creation",
            role=role.id,
            policy=Output.from_input(self._args.keys.data_arn).apply(
                lambda key: copy_creation_policy(registry, place.prefix, key, place.region)
            ),
            opts=ResourceOptions(parent=self),
        )
        return role, permission
