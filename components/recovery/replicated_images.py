"""The applications' images in the recovery region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Output, Resource, ResourceOptions

from components.identity.encryption import RecoveryKey
from components.shared.place import Place
from rendering.applications.repository_lifecycle import keep_newest_images
from rendering.recovery.replication_documents import repository_creation_policy
from rendering.shared.iam_documents import service_trust


@dataclass(frozen=True, kw_only=True)
class ReplicatedImagesArgs:
    """The repositories, whose names the place's prefix begins and the copies keep."""

    place: Place
    recovery: RecoveryKey

    repositories: Sequence[Resource]
    """The repositories to copy, which stand before the rules do."""

    rules: bool
    """Whether the registry's rules are made here; else they copy this stack's images already."""


class ReplicatedImages(ComponentResource):
    """Every image pushed from now on, in repositories that ECR makes there by a template.

    The rules of replication are one object for the whole registry, that is for account and region:
    a second stack there that had its own would overwrite these, and adopts them therefore
    (`disasterRecovery.imageRulesAdopted`). Its filter holds the stack's prefix, so nothing else is
    copied.
    """

    def __init__(
        self, name: str, args: ReplicatedImagesArgs, opts: ResourceOptions | None = None
    ) -> None:
        summary = {"recoveryRegion": args.recovery.region}
        super().__init__("researchflow:images:ReplicatedImages", name, summary, opts)
        self._name, self._args = name, args
        template = self._template()
        if args.rules:
            self._rules(template)
        self.register_outputs({})

    def _rules(self, template: aws.ecr.RepositoryCreationTemplate) -> None:
        args = self._args
        aws.ecr.ReplicationConfiguration(
            f"{self._name}-rules",
            replication_configuration=aws.ecr.ReplicationConfigurationReplicationConfigurationArgs(
                rules=[
                    aws.ecr.ReplicationConfigurationReplicationConfigurationRuleArgs(
                        destinations=[
                            aws.ecr.ReplicationConfigurationReplicationConfigurationRuleDestinationArgs(
                                region=args.recovery.region, registry_id=args.place.account_id
                            )
                        ],
                        repository_filters=[
                            aws.ecr.ReplicationConfigurationReplicationConfigurationRuleRepositoryFilterArgs(
                                filter=f"{args.place.prefix}/", filter_type="PREFIX_MATCH"
                            )
                        ],
                    )
                ]
            ),
            # A repository made before its template has neither its key nor its rules.
            opts=ResourceOptions(parent=self, depends_on=[template, *args.repositories]),
        )

    def _template(self) -> aws.ecr.RepositoryCreationTemplate:
        args = self._args
        role = aws.iam.Role(
            f"{self._name}-creation",
            assume_role_policy=service_trust("ecr.amazonaws.com"),
            opts=ResourceOptions(parent=self),
        )
        registry = f"{args.recovery.region}:{args.place.account_id}"
        permission = aws.iam.RolePolicy(
            f"{self._name}-creation",
            role=role.id,
            policy=Output.from_input(args.recovery.key_arn).apply(
                lambda key: repository_creation_policy(
                    registry, args.place.prefix, key, args.recovery.region
                )
            ),
            opts=ResourceOptions(parent=self),
        )
        return aws.ecr.RepositoryCreationTemplate(
            f"{self._name}-template",
            region=args.recovery.region,
            prefix=args.place.prefix,
            description=f"Copies of {args.place.prefix}",
            applied_fors=["REPLICATION"],
            custom_role_arn=role.arn,
            image_tag_mutability="IMMUTABLE",
            lifecycle_policy=keep_newest_images(),
            encryption_configurations=[
                aws.ecr.RepositoryCreationTemplateEncryptionConfigurationArgs(
                    encryption_type="KMS", kms_key=args.recovery.key_arn
                )
            ],
            opts=ResourceOptions(parent=self, depends_on=[permission]),
        )
