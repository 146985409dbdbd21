"""The account, read only: any operation that isn't a read is refused before it is sent."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    ProfileNotFound,
    UnauthorizedSSOTokenError,
)

from rf.shared.account.unreadable import UnreadableError
from rf.shared.errors import InputError

READS = ("Describe", "Get", "List", "Simulate")
"""How the names of the operations begin that preflight may call."""

_CONFIG = Config(
    retries={"mode": "standard", "max_attempts": 4}, connect_timeout=5, read_timeout=20
)
"""A throttled read is tried again; an unreachable endpoint is given up soon."""

_EXPIRED = ("ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClient")


class PreflightInputError(InputError):
    """No such profile, no credentials, or credentials that are nobody's."""


class WriteRefusedError(Exception):
    """A defect of ours: preflight was about to change something. Nothing was sent."""


class Account:
    """Reads of one account. `calls` are the operations asked so far, as `service:Operation`."""

    def __init__(self, session: boto3.Session, region: str) -> None:
        self.region = region
        self.calls: list[str] = []
        self._session = session
        self._clients: dict[tuple[str, str], Any] = {}
        self._answers: dict[tuple[str, ...], Any] = {}
        # Before parameters are built, so that nothing, a stub neither, gets past it.
        session.events.register("before-parameter-build", self._only_reads)

    def at(self, region: str) -> Account:
        """The same account as it looks from another region; questions and answers are shared."""
        there = copy.copy(self)
        there.region = region
        return there

    def client(self, service: str, region: str | None = None) -> Any:
        """The service's client in that region, the stack's unless named."""
        key = (service, region or self.region)
        if key not in self._clients:
            self._clients[key] = self._session.client(service, region_name=key[1], config=_CONFIG)
        return self._clients[key]

    def read(
        self, service: str, operation: str, *, region: str | None = None, **parameters: Any
    ) -> dict[str, Any]:
        """The answer, all pages of it in one. The same question is asked once.

        Raises UnreadableError where AWS refuses, throttles, knows no such thing or isn't there.
        """
        key = (service, operation, region or self.region, repr(sorted(parameters.items())))
        if key not in self._answers:
            self._answers[key] = self._answer(service, operation, region, parameters)
        answer = self._answers[key]
        if isinstance(answer, UnreadableError):
            raise answer
        return answer

    def listed(
        self,
        service: str,
        operation: str,
        member: str,
        *,
        region: str | None = None,
        **parameters: Any,
    ) -> list[Any]:
        """The list that the answer has as `member`. Raises UnreadableError as `read` does."""
        answer: Any = self.read(service, operation, region=region, **parameters)
        for name in member.split("."):
            answer = answer.get(name) or {}
        return list(answer)

    def _answer(
        self, service: str, operation: str, region: str | None, parameters: Mapping[str, Any]
    ) -> dict[str, Any] | UnreadableError:
        try:
            client = self.client(service, region)
            method = _method_of(client, operation)
            if client.can_paginate(method):
                pages = client.get_paginator(method).paginate(**parameters)
                return pages.build_full_result()
            return getattr(client, method)(**parameters)
        except NoCredentialsError as error:
            raise PreflightInputError(f"no credentials for AWS: {error}") from error
        except UnauthorizedSSOTokenError as error:
            raise PreflightInputError(str(error)) from error
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _EXPIRED:
                raise PreflightInputError(f"AWS doesn't take these credentials: {code}") from error
            return UnreadableError(service, operation, code)
        except BotoCoreError as error:
            return UnreadableError(service, operation, type(error).__name__)

    def _only_reads(self, model: Any, **_: Any) -> None:
        service, operation = model.service_model.service_name, model.name
        if not operation.startswith(READS):
            raise WriteRefusedError(f"{service}:{operation}")
        self.calls.append(f"{service}:{operation}")


def open_account(profile: str | None, region: str) -> Account:
    """The account of the environment's credentials, or of a profile.

    Raises PreflightInputError for a profile that isn't configured.
    """
    try:
        return Account(boto3.Session(profile_name=profile, region_name=region), region)
    except ProfileNotFound as error:
        raise PreflightInputError(str(error)) from error


def _method_of(client: Any, operation: str) -> str:
    names: Mapping[str, str] = client.meta.method_to_api_mapping
    return next(method for method, name in names.items() if name == operation)
