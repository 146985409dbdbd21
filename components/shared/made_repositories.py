"""Repositories that ECR makes by itself: its role for that, and the template they are made by."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import Input, Output, Resource, ResourceOptions

from rendering.applications.repository_lifecycle import keep_newest_images
from rendering.shared.iam_documents import service_trust
from rendering.shared.repository_documents import repository_creation_policy


@dataclass(frozen=True, kw_only=True)
class RepositoryMaker:
    """The role by which ECR makes repositories that the key encrypts, and its permission."""

    role: aws.iam.Role
    permission: Resource
    key_arn: Input[str]


def repository_maker(
    parent: Resource,
    name: str,
    *,
    registry: str,
    names: str,
    key_arn: Input[str],
    replicates: bool = False,
) -> RepositoryMaker:
    """A role for the repositories of these names, as `repository_creation_policy` takes them."""
    role = aws.iam.Role(
        f"{name}-creation",
        assume_role_policy=service_trust("ecr.amazonaws.com"),
        opts=ResourceOptions(parent=parent),
    )
    permission = aws.iam.RolePolicy(
        f"{name}-creation",
        role=role.id,
        policy=Output.from_input(key_arn).apply(
            lambda key: repository_creation_policy(registry, names, key, replicates=replicates)
        ),
        opts=ResourceOptions(parent=parent),
    )
    return RepositoryMaker(role=role, permission=permission, key_arn=key_arn)


def repository_template(
    parent: Resource,
    name: str,
    maker: RepositoryMaker,
    *,
    prefix: str,
    description: str,
    applied_for: str,
    region: str | None = None,
) -> aws.ecr.RepositoryCreationTemplate:
    """Repositories below the prefix are encrypted, and none of their tags ever moves. `region` is
    another than the provider's."""
    return aws.ecr.RepositoryCreationTemplate(
        name,
        region=region,
        prefix=prefix,
        description=description,
        applied_fors=[applied_for],
        custom_role_arn=maker.role.arn,
        image_tag_mutability="IMMUTABLE",
        lifecycle_policy=keep_newest_images(),
        encryption_configurations=[
            aws.ecr.RepositoryCreationTemplateEncryptionConfigurationArgs(
                encryption_type="KMS", kms_key=maker.key_arn
            )
        ],
        opts=ResourceOptions(parent=parent, depends_on=[maker.permission]),
    )
