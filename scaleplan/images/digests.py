"""The digests that somebody saw: a file beside the table of versions, by image and tag.

A digest belongs to one tag. Whoever raises a version has therefore no digest any more, until
`rf images --pin` has asked for the new one: an old digest never stands beside a new tag.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints

FILE = "image_digests.yaml"

DIGESTS = f"scaleplan/{FILE}"
"""Where digests stand, in words for people."""

HEAD = """\
# The digest of each image by its tag, as a registry answered: `python -m rf images --pin` asks on
# the machine of whoever deploys, shows each and writes it here. An image that has none goes by its
# tag, which its publisher can move. The program's own releases bring none: nobody of those who
# deploy would have seen them.
"""

Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]


class ImageDigests(BaseModel):
    """The whole file: digests by `address:tag`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    digests: Mapping[str, Digest]

    def to_yaml(self) -> str:
        """The file's text, sorted, below the same head."""
        body = yaml.safe_dump({"digests": dict(sorted(self.digests.items()))}, width=200)
        return HEAD + body


def read_digests(text: str) -> ImageDigests:
    """Raises yaml.YAMLError or pydantic.ValidationError where the file is wrong."""
    return ImageDigests.model_validate(yaml.load(text, yaml.CSafeLoader))


@cache
def load_digests() -> ImageDigests:
    """The file as it stands. Raises what `read_digests` does."""
    return read_digests(files("scaleplan").joinpath(FILE).read_text(encoding="utf-8"))
