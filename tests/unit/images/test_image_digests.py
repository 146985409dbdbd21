"""The file of digests: well-formed or refused, and delivered with none."""

import pytest
from pydantic import ValidationError

from rf.shared.project import PROJECT_ROOT
from scaleplan.images.digests import DIGESTS, HEAD, ImageDigests, load_digests, read_digests


def test_the_file_is_as_the_command_would_write_it():
    text = (PROJECT_ROOT / DIGESTS).read_text(encoding="utf-8")
    assert text == read_digests(text).to_yaml()
    assert text.startswith(HEAD)
    assert load_digests() == read_digests(text)


@pytest.mark.parametrize("digest", ["sha256:abc", "v1.26.1", "sha512:" + "0" * 64, ""])
def test_what_is_no_digest_is_refused(digest):
    with pytest.raises(ValidationError):
        ImageDigests(digests={"edoburu/pgbouncer:v1.26.1-p0": digest})
