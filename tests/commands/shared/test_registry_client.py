"""A registry is asked as anybody may ask it, and its answer is held to its own digest."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rf.shared.registry_client import RegistryClient, SilentRegistryError
from tests.commands.registry_server import Served, registry_server


@pytest.fixture
def served() -> Iterator[Served]:
    with registry_server() as found:
        yield found


@pytest.fixture
def client(served) -> RegistryClient:
    return RegistryClient({"docker.io": served.url, "quay.io": served.url})


def test_a_tag_is_the_digest_and_the_platforms_of_what_is_answered(served, client):
    digest = served.put("library/postgres:16", "linux/arm64", "linux/amd64")
    found = client.manifest("postgres", "16")
    assert found.digest == digest
    assert found.platforms == {"linux/arm64", "linux/amd64"}
    assert client.manifest("postgres", digest) == found


def test_a_single_image_says_nothing_of_its_platform(served, client):
    kind = "application/vnd.oci.image.manifest.v1+json"
    served.images["a/b:1"] = Served.Image(body=b"{}", kind=kind)
    assert client.manifest("quay.io/a/b", "1").platforms is None


def test_the_token_of_a_repository_is_asked_for_once(served, client):
    served.put("a/b:1")
    served.put("a/b:2")
    assert client.manifest("a/b", "1") != client.manifest("a/b", "3")
    assert client.manifest("a/b", "2")
    assert served.asked.count("/token") == 1


@pytest.mark.parametrize("refused", [True, False])
def test_what_is_not_there_and_what_nobody_is_given_is_missing(served, client, refused):
    served.put("a/b:1")
    served.refused = {"a/b"} if refused else set()
    assert client.manifest("a/b", "1" if refused else "2") is None


def test_a_registry_that_names_another_digest_than_it_sends_is_not_believed(served, client):
    served.images["a/b:1"] = Served.Image(body=b"{}", told=f"sha256:{'0' * 64}")
    with pytest.raises(SilentRegistryError, match="another digest"):
        client.manifest("a/b", "1")


def test_another_image_than_the_digest_asked_for_is_not_taken(served, client):
    asked = f"sha256:{'1' * 64}"
    served.images[f"a/b:{asked}"] = Served.Image(body=b"{}")
    with pytest.raises(SilentRegistryError, match="another digest"):
        client.manifest("a/b", asked)


def test_a_refusal_without_a_registrys_form_is_a_proxys_and_tells_nothing(served, client):
    served.texts["/v2/a/b/manifests/1"] = "not JSON"
    served.codes["/v2/a/b/manifests/1"] = 403
    with pytest.raises(SilentRegistryError, match="answered 403"):
        client.manifest("a/b", "1")
