"""What registries say of images: as pinned, moved since, missing, or not to be learnt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rf.shared.registry_client import RegistryClient, SilentRegistryError
from rf.shared.stacks import all_settings, settings_of
from scaleplan.images.image import Image
from scaleplan.images.stack import images_of


class TagStanding(StrEnum):
    """How a tag stands to its pin. `unknown` is never a pass."""

    AS_PINNED = "as pinned"
    MOVED = "moved"
    UNPINNED = "not pinned"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class TagAnswer:
    """What is known of one image: its digest at this moment, or why there is none (`says`)."""

    image: Image
    standing: TagStanding
    digest: str | None = None
    says: str = ""


def images_of_stacks(stack: str | None) -> tuple[Image, ...]:
    """One stack's images, or those of all stack files, each once. Raises what reading settings
    does."""
    settings = [settings_of(stack)] if stack else list(all_settings().values())
    listed = (image for each in settings for image in images_of(each))
    return tuple({image.tagged: image for image in listed}.values())


def asked(
    images: Iterable[Image], registries: RegistryClient, told: Callable[[str], None]
) -> list[TagAnswer]:
    """What each image's registry says now; `told` hears which is being asked."""
    answers: list[TagAnswer] = []
    for image in images:
        told(image.tagged)
        answers.append(_asked(image, registries))
    return answers


def _asked(image: Image, registries: RegistryClient) -> TagAnswer:
    try:
        manifest = registries.manifest(image.address, image.tag)
    except SilentRegistryError as error:
        return TagAnswer(image=image, standing=TagStanding.UNKNOWN, says=str(error))
    if manifest is None:
        return TagAnswer(
            image=image,
            standing=TagStanding.MISSING,
            says="the registry gives nobody such an image",
        )
    if image.digest is None:
        return TagAnswer(image=image, standing=TagStanding.UNPINNED, digest=manifest.digest)
    standing = TagStanding.AS_PINNED if manifest.digest == image.digest else TagStanding.MOVED
    return TagAnswer(image=image, standing=standing, digest=manifest.digest)


def checked(answers: Sequence[TagAnswer]) -> bool:
    """Whether every pinned digest is still its tag's, and every image is there."""
    fine = (TagStanding.AS_PINNED, TagStanding.UNPINNED)
    return all(each.standing in fine for each in answers)
