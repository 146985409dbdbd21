"""Registries asked by anybody: what a tag is at this moment, and other reads without a login."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import requests

from scaleplan.images.upstreams import located

CONNECT_SECONDS, READ_SECONDS = 5, 30
"""An unreachable host is given up soon; the largest index, of prometheus-community, has 20 MB."""

_INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_MANIFESTS = (
    *_INDEXES,
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
"""OCI image specification, media types, and Docker's before it."""

_REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class SilentRegistryError(Exception):
    """A registry did not answer, or not in its known form; `unreachable` where there is no way."""

    def __init__(self, reason: str, *, unreachable: bool = False) -> None:
        super().__init__(reason)
        self.unreachable = unreachable


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a registry answers for a tag or digest: the digest of that very answer, and the
    platforms that it has images of, as `linux/arm64`; None where it is a single image's."""

    digest: str
    platforms: frozenset[str] | None


class RegistryClient:
    """Asks an unreachable host once. `bases` are URLs that stand for those of the internet, by the
    host that an image's address names."""

    def __init__(self, bases: Mapping[str, str] | None = None) -> None:
        self._bases = dict(bases or {})
        self._session = requests.Session()
        self._tokens: dict[str, str] = {}
        self._unreachable: dict[str, SilentRegistryError] = {}

    def repository(self, address: str) -> str:
        """The URL of an image's repository. Raises KeyError where its registry is no known one."""
        upstream, path = located(address)
        return f"{self._bases.get(upstream.host, f'https://{upstream.api}')}/v2/{path}"

    def manifest(self, address: str, reference: str) -> Manifest | None:
        """The image of that tag or digest; None where the registry gives nobody such a one.

        A registry may answer a repository that it doesn't have as one that wants a login. Raises
        SilentRegistryError.
        """
        url = f"{self.repository(address)}/manifests/{reference}"
        answer = self.authorized(url, {"Accept": ", ".join(_MANIFESTS)})
        if answer.status_code in (HTTPStatus.NOT_FOUND, *_REFUSED):
            return None
        digest = f"sha256:{hashlib.sha256(answer.content).hexdigest()}"
        told = answer.headers.get("Docker-Content-Digest", digest)
        asked = reference if reference.startswith("sha256:") else digest
        if digest != told or digest != asked:
            raise SilentRegistryError(f"{urlsplit(url).netloc} answered for another digest")
        return Manifest(digest=digest, platforms=_platforms(answer))

    def authorized(self, url: str, headers: Mapping[str, str]) -> requests.Response:
        """The answer to whoever asks, with the token that anybody is given where one is wanted;
        404 and refusals are answers. Raises SilentRegistryError."""
        repository, accepted = url.rpartition("/")[0], (HTTPStatus.NOT_FOUND, *_REFUSED)
        token = self._tokens.get(repository)
        answer = self.get(url, _with(headers, token), accepted=accepted)
        if answer.status_code == HTTPStatus.UNAUTHORIZED and token is None:
            token = self.token(answer)
            if token is not None:
                self._tokens[repository] = token
                answer = self.get(url, _with(headers, token), accepted=accepted)
        if answer.status_code == HTTPStatus.FORBIDDEN and not _is_a_registrys(answer):
            raise SilentRegistryError(f"{urlsplit(url).netloc} answered 403")
        return answer

    def token(self, answer: requests.Response) -> str | None:
        """What a registry gives to anybody who asks for it (OCI distribution, Docker's tokens);
        None where it refuses. Raises SilentRegistryError."""
        challenge = answer.headers.get("WWW-Authenticate", "")
        asked = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        realm = asked.pop("realm", "")
        if not realm:
            raise SilentRegistryError(f"{urlsplit(answer.url).netloc} wants a login")
        url = requests.Request("GET", realm, params=asked).prepare().url or realm
        given = self.get(url, accepted=_REFUSED)
        if given.status_code in _REFUSED and _is_a_registrys(given):
            return None
        found = _json(given)
        token = found.get("token") or found.get("access_token") if isinstance(found, dict) else None
        if not token:
            raise SilentRegistryError(f"{urlsplit(realm).netloc} gives no token")
        return str(token)

    def json(self, url: str) -> Any:
        """A document. Raises SilentRegistryError."""
        return _json(self.get(url))

    def get(
        self, url: str, headers: Mapping[str, str] | None = None, *, accepted: tuple[int, ...] = ()
    ) -> requests.Response:
        """The answer, if it is a good or an `accepted` one. Raises SilentRegistryError."""
        where = urlsplit(url).netloc
        if where in self._unreachable:
            raise self._unreachable[where]
        try:
            answer = self._session.get(
                url, headers=dict(headers or {}), timeout=(CONNECT_SECONDS, READ_SECONDS)
            )
        except (requests.ConnectionError, requests.Timeout) as error:
            silent = SilentRegistryError(f"{where} can't be reached", unreachable=True)
            self._unreachable[where] = silent
            raise silent from error
        except requests.RequestException as error:
            raise SilentRegistryError(f"{where}: {type(error).__name__}") from error
        if not answer.ok and answer.status_code not in accepted:
            raise SilentRegistryError(f"{where} answered {answer.status_code}")
        return answer


def _with(headers: Mapping[str, str], token: str | None) -> Mapping[str, str]:
    return {**headers, "Authorization": f"Bearer {token}"} if token else headers


def _json(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except ValueError as error:
        raise SilentRegistryError(f"{urlsplit(answer.url).netloc} answered no JSON") from error


def _is_a_registrys(answer: requests.Response) -> bool:
    """Whether a refusal has a registry's form (OCI distribution, error codes), unlike a proxy's."""
    try:
        return bool(answer.json()["errors"])
    except (ValueError, KeyError, TypeError):
        return False


def _platforms(answer: requests.Response) -> frozenset[str] | None:
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    if kind not in _INDEXES:
        return None
    listed = _json(answer).get("manifests", ())
    found = [each.get("platform", {}) for each in listed]
    return frozenset(f"{each.get('os')}/{each.get('architecture')}" for each in found)
