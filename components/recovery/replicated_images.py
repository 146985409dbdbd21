"""The applications' images in the recovery region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Resource, ResourceOptions

from components.identity.encryption import RecoveryKey
from components.shared.made_repositories import repository_maker, repository_template
from components.shared.place import Place


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
        maker = repository_maker(
            self,
            self._name,
            registry=f"{args.recovery.region}:{args.place.account_id}",
            names=f"{args.place.prefix}/*",
            key_arn=args.recovery.key_arn,
            replicates=True,
        )
        return repository_template(
            self,
            f"{self._name}-template",
            maker,
            prefix=args.place.prefix,
            description=f"Copies of {args.place.prefix}",
            applied_for="REPLICATION",
            region=args.recovery.region,
        )
