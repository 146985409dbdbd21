"""Others' images at their registries: there, by the pinned digest, for the nodes' processors."""

from __future__ import annotations

from collections.abc import Iterator

from rf.preflight.row import PreflightRow, RowStatus, status_of
from rf.shared.account.need import Need
from rf.shared.registry_client import RegistryClient, SilentRegistryError
from scaleplan.catalog import Architecture
from scaleplan.images.image import Image
from scaleplan.images.stack import images_of
from scaleplan.versions.table import TABLE

PLATFORMS = {Architecture.ARM64: "linux/arm64", Architecture.X86_64: "linux/amd64"}
"""OCI image index, `platform`, of the machines' processors."""


def others_images(registries: RegistryClient, need: Need) -> Iterator[PreflightRow]:
    """Each image that the stack pulls from someone else, those of its charts too.

    One that is pulled by a tag passes, and its row says so: what nobody has pinned can be another
    image tomorrow.
    """
    platform = PLATFORMS[need.settings.architecture]
    for image in images_of(need.settings):
        yield _row(registries, image, platform)


def _row(registries: RegistryClient, image: Image, platform: str) -> PreflightRow:
    asked = image.pulled_digest or image.tag
    subject = image.tagged if image.pulled_digest is None else f"{image.tagged}@{asked}"
    needed = f"at its registry, for {platform}"
    try:
        manifest = registries.manifest(image.address, asked)
    except SilentRegistryError as error:
        return PreflightRow(
            check="image",
            subject=subject,
            status=RowStatus.UNKNOWN,
            needed=needed,
            found=str(error),
            fix="run preflight where that registry answers: the nodes will pull from it",
        )
    if manifest is None:
        found, fix = "the registry gives nobody such an image", _other_tag(image)
    elif manifest.platforms is not None and platform not in manifest.platforms:
        found = f"for {', '.join(sorted(manifest.platforms))} alone"
        fix = f"choose another version in {TABLE}, or another architecture for the stack"
    else:
        fix = ""
        found = "there, by its digest" if image.pulled_digest else _by_tag(image)
    return PreflightRow(
        check="image",
        subject=subject,
        status=status_of(fine=not fix),
        needed=needed,
        found=found,
        fix=fix,
    )


def _other_tag(image: Image) -> str:
    if image.pulled_digest:
        return f"`rf images --pin`, after looking why {image.name}'s digest is gone"
    return f"choose a version of {image.name} that its registry has, in {TABLE}"


def _by_tag(image: Image) -> str:
    handed = f", and is handed {image.holds}" if image.holds else ""
    return f"there, by a tag, which its publisher can move{handed}"
