"""The rules for a stack's secrets: who encrypts them, where the state is, and none in plain text.

A stack that protects its data (`protectData`) needs a key service and a backend that a team shares;
one to throw away may use a passphrase and a directory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from policy.rules.shared.secret_forms import secret_form

KEY_SERVICES = ("awskms", "azurekeyvault", "gcpkms", "hashivault")
"""Secrets providers with a key that can be revoked and whose use is logged (Pulumi, "Secrets")."""

BACKEND_VARIABLE = "PULUMI_BACKEND_URL"
"""The variable that names the backend, before where the CLI is logged in."""

SHARED_BACKENDS = ("azblob", "gs", "http", "https", "s3")
"""Backends that a team shares and that can lock; `file` is one machine's disk."""

_SECRET_NAMES = re.compile(
    r"(?i)(pass(word|wd|phrase)|secret|token|credential|private_?key|api_?key|access_?key|webhook)"
    r"(?!s?(name|arn|id|ref|version|rotation|provider)\b)"
)
"""Keys whose value is a secret by their name; not those that only say where one is."""


class StateStatus(StrEnum):
    """Fine, worth a thought, wrong, or not to be told from here."""

    FINE = "fine"
    WARNING = "warning"
    WRONG = "wrong"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class StateFinding:
    """One rule's answer for one stack; never holds a value of the file."""

    stack: str
    rule: str
    state: StateStatus
    found: str
    fix: str = ""

    def to_json(self) -> dict[str, str]:
        """All of it as texts."""
        return {
            "stack": self.stack,
            "rule": self.rule,
            "state": str(self.state),
            "found": self.found,
            "fix": self.fix,
        }


def secrets_provider(stack: str, document: Mapping[str, Any], *, protected: bool) -> StateFinding:
    """Who encrypts the stack's secrets, by the outer keys of its file.

    `encryptionsalt` is there for a passphrase, `secretsprovider` and `encryptedkey` for a key.
    """
    rule = "secrets provider"
    fix = (
        f"pulumi stack change-secrets-provider --stack {stack}"
        ' "awskms://alias/pulumi?region=REGION", and commit the file'
    )
    provider = str(document.get("secretsprovider") or "")
    scheme = urlsplit(provider).scheme
    if scheme in KEY_SERVICES:
        if not document.get("encryptedkey"):
            return StateFinding(
                stack=stack,
                rule=rule,
                state=StateStatus.WRONG,
                found=f"{scheme} without the encryptedkey that nobody can decrypt without",
                fix="commit the stack file as the Pulumi CLI left it",
            )
        return StateFinding(stack=stack, rule=rule, state=StateStatus.FINE, found=scheme)
    if document.get("encryptionsalt") or provider == "passphrase":
        state = StateStatus.WRONG if protected else StateStatus.FINE
        return StateFinding(
            stack=stack,
            rule=rule,
            state=state,
            found="a passphrase, whose holders nobody can name or revoke",
            fix=fix if protected else "",
        )
    if provider:
        state = StateStatus.WRONG if protected else StateStatus.FINE
        return StateFinding(
            stack=stack,
            rule=rule,
            state=state,
            found=f"{provider}: no key of yours",
            fix=fix if protected else "",
        )
    return StateFinding(
        stack=stack,
        rule=rule,
        state=StateStatus.UNKNOWN if protected else StateStatus.FINE,
        found="none named: the stack isn't initialised, or its backend decides",
        fix=f'pulumi stack init {stack} --secrets-provider="awskms://alias/pulumi?region=REGION"'
        if protected
        else "",
    )


def backend(stack: str, url: str | None, *, protected: bool) -> StateFinding:
    """Where the state is, None where that can't be told."""
    rule = "backend"
    fix = "pulumi login s3://BUCKET, a bucket with versions, encryption and no public access"
    if url is None:
        return StateFinding(
            stack=stack,
            rule=rule,
            state=StateStatus.UNKNOWN if protected else StateStatus.FINE,
            found="not named in Pulumi.yaml or PULUMI_BACKEND_URL, and no Pulumi CLI that tells",
            fix=f"export PULUMI_BACKEND_URL=s3://BUCKET, or {fix}" if protected else "",
        )
    scheme = urlsplit(url).scheme
    shared = scheme in SHARED_BACKENDS
    state = StateStatus.FINE if shared or not protected else StateStatus.WRONG
    kind = f"{scheme or 'file'}{'' if shared else ': the disk of one machine'}"
    return StateFinding(
        stack=stack,
        rule=rule,
        state=state,
        found=kind,
        fix="" if state is StateStatus.FINE else fix,
    )


def replica(stack: str, recovery: Mapping[str, Any]) -> StateFinding:
    """Whether the file of a recovery site leaves its database the replica that it is.

    Another phase than standby takes `replicateSourceDb` off, and that promotes: the site then has a
    database of its own, which nothing makes a replica again.
    """
    source, phase = str(recovery["siteOf"]), str(recovery.get("phase", "standby"))
    waits, restored = phase == "standby", recovery.get("mode", "backup") == "backup"
    if waits or restored:
        origin = f"follows {source}" if waits else f"restored from backups of {source}"
        return StateFinding(stack=stack, rule="replica", state=StateStatus.FINE, found=origin)
    return StateFinding(
        stack=stack,
        rule="replica",
        state=StateStatus.WRONG,
        found=f"phase {phase}: the next pulumi up removes replicateSourceDb and so promotes the"
        f" replica of {source}, for good",
        fix="phase standby, unless this is the failover (docs/disaster-recovery.md)",
    )


def plain_secrets(stack: str, document: Mapping[str, Any]) -> StateFinding:
    """Values of the file that are or look like secrets. What stands under `secure` is encrypted."""
    secrets = sorted(set(_plain(document.get("config") or {}, "")))
    secrets += sorted(set(_plain(document.get("environment") or {}, "environment")))
    return StateFinding(
        stack=stack,
        rule="no plain secret",
        state=StateStatus.WRONG if secrets else StateStatus.FINE,
        found="; ".join(secrets) or "none",
        fix=f"pulumi config set --secret KEY --stack {stack}, and make the old value worthless:"
        " it is in the history"
        if secrets
        else "",
    )


def _plain(value: Any, path: str) -> Iterator[str]:
    match value:
        case {"secure": _} if len(value) == 1:
            return
        case Mapping():
            for key, item in value.items():
                yield from _plain(item, f"{path}.{key}" if path else str(key))
        case list():
            for number, item in enumerate(value):
                yield from _plain(item, f"{path}[{number}]")
        case str() if value:
            yield from _judged(value, path)
        case _:
            return


def _judged(text: str, path: str) -> Iterator[str]:
    """Where it is and what it looks like, and never what it is."""
    name = re.split(r"[.:\[]", path.rstrip("]"))[-1]
    if _SECRET_NAMES.search(name):
        yield f"{path} is a secret by its name"
        return
    form = secret_form(text)
    if form is not None:
        yield f"{path} looks like {form}"
