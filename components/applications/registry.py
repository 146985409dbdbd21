"""The repositories that hold the applications' images."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Output, Resource, ResourceOptions

from components.identity.encryption import Keys
from components.shared.place import Place
from rendering.applications.repository_lifecycle import IMAGES_KEPT, keep_newest_images
from scaleplan.applications.workloads import APPLICATIONS


@dataclass(frozen=True, kw_only=True)
class RegistryArgs:
    """The repositories' place, and the keys, of which the data key encrypts the images for good:
    ECR can't change a repository's key."""

    place: Place
    keys: Keys

    copies_at: str | None = None
    """Registry host and prefix that the repositories of another stack are copied to: a recovery
    site runs those and has none of its own. None for repositories of the stack's own."""


class Registry(ComponentResource):
    """One repository an application. A pushed tag never changes; each push is scanned."""

    repository_urls: dict[str, Output[str]]
    repositories: list[Resource]

    def __init__(self, name: str, args: RegistryArgs, opts: ResourceOptions | None = None) -> None:
        summary = {"repositories": len(APPLICATIONS), "imagesKept": IMAGES_KEPT}
        super().__init__("researchflow:images:Registry", name, summary, opts)
        self.repositories = []
        self.repository_urls = {
            each.name: self._repository(name, each.name, args)
            if args.copies_at is None
            else Output.from_input(f"{args.copies_at}/{each.name}")
            for each in APPLICATIONS
        }
        self.register_outputs({"repositoryUrls": self.repository_urls})

    def _repository(self, name: str, application: str, args: RegistryArgs) -> Output[str]:
        repository = aws.ecr.Repository(
            f"{name}-{application}",
            name=f"{args.place.prefix}/{application}",
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration=aws.ecr.RepositoryImageScanningConfigurationArgs(
                scan_on_push=True
            ),
            encryption_configurations=[
                aws.ecr.RepositoryEncryptionConfigurationArgs(
                    encryption_type="KMS", kms_key=args.keys.data_arn
                )
            ],
            # Without this a repository with images in it refuses to go.
            force_delete=not args.place.protect,
            opts=ResourceOptions(parent=self, protect=args.place.protect),
        )
        aws.ecr.LifecyclePolicy(
            f"{name}-{application}",
            repository=repository.name,
            policy=keep_newest_images(),
            # A repository has one: the old one's deletion would take the new one away.
            opts=ResourceOptions(parent=self, delete_before_replace=True),
        )
        self.repositories.append(repository)
        return repository.repository_url
