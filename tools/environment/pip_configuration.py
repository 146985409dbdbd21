"""What pip's configuration says about where packages come from, in uv's words.

pip merges its files and its variables and lists the result (`pip config list`); what uv calls the
same is in uv's own reference of settings. What has no word there, as an option that says what may
be built, is left to pip: it is named in `UntranslatableError`, and pip installs.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

SECTIONS = ("global", "install", ":env:")
"""Where `pip install` looks for an option, the later before the earlier; `:env:` is `PIP_*`."""

TRUE = frozenset({"1", "on", "t", "true", "y", "yes"})
"""How pip reads a switch."""

WITHOUT_EFFECT = frozenset(
    {
        "break-system-packages",
        "cache-dir",
        "compile",
        "config-file",
        "disable-pip-version-check",
        "log",
        "no-color",
        "no-compile",
        "no-input",
        "no-python-version-warning",
        "no-warn-conflicts",
        "no-warn-script-location",
        "prefer-binary",
        "progress-bar",
        "quiet",
        "require-hashes",
        "require-virtualenv",
        "root-user-action",
        "verbose",
    }
)
"""Options that change neither what is installed from a lock file nor where it comes from."""


class UntranslatableError(Exception):
    """Pip's configuration has an option that uv lacks; the text names it."""


@dataclass(frozen=True, kw_only=True)
class UvOptions:
    """What uv is told: variables, because the URL of an index may hold a password, and arguments
    where it has no variable or one that takes no spaces or commas.
    """

    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


def read_listing(listing: str) -> dict[str, str]:
    """The options of `pip install`, from what `pip config list` prints: `section.option='value'`.

    An option without a value is none, as pip itself reads it.
    """
    sections: dict[str, dict[str, str]] = {section: {} for section in SECTIONS}
    for line in listing.splitlines():
        key, equals, text = line.partition("=")
        section, _, option = key.partition(".")
        if equals and section in sections and (value := str(ast.literal_eval(text)).strip()):
            sections[section][option] = value
    return {option: value for each in sections.values() for option, value in each.items()}


def uv_options(options: Mapping[str, str], environment: Mapping[str, str]) -> UvOptions:
    """What makes uv install from where pip would. Raises UntranslatableError where nothing does.

    `environment` is the process's: requests, by which pip speaks HTTP, reads certificates there.
    """
    left = sorted(options.keys() - WITHOUT_EFFECT - _TOLD)
    if left:
        raise UntranslatableError(f"pip's configuration sets {', '.join(left)}")
    return UvOptions(
        arguments=tuple(_arguments(options)),
        environment=_connection(options, environment) | _indexes(options),
    )


_TOLD = frozenset(
    {
        "cert",
        "client-cert",
        "default-timeout",
        "extra-index-url",
        "find-links",
        "index-url",
        "keyring-provider",
        "no-cache-dir",
        "no-index",
        "proxy",
        "retries",
        "timeout",
        "trusted-host",
    }
)


def _arguments(options: Mapping[str, str]) -> Sequence[str]:
    # A folder that isn't there is nothing to pip, and to uv an error.
    links = [
        word
        for link in options.get("find-links", "").split()
        if "://" in link or Path(link).exists()
        for word in ("--find-links", link)
    ]
    alone = options.get("no-index", "").lower() in TRUE
    return [*links, "--no-index"] if alone else links


def _indexes(options: Mapping[str, str]) -> dict[str, str]:
    variables = {}
    if "index-url" in options:
        variables["UV_DEFAULT_INDEX"] = options["index-url"]
    if "extra-index-url" in options:
        # pip asks all its indexes alike; the lock's hashes say which file is the right one.
        variables["UV_INDEX"] = " ".join(options["extra-index-url"].split())
        variables["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    if "trusted-host" in options:
        variables["UV_INSECURE_HOST"] = " ".join(options["trusted-host"].split())
    keyring = options.get("keyring-provider", "disabled")
    if keyring not in {"disabled", "subprocess"}:
        raise UntranslatableError(f"pip's configuration sets keyring-provider to {keyring}")
    if keyring == "subprocess":
        variables["UV_KEYRING_PROVIDER"] = keyring
    return variables


def _connection(options: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    variables = {}
    if "proxy" in options:
        names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        variables |= {name: options["proxy"] for each in names for name in (each, each.lower())}
        # pip sends everything through a proxy of its own configuration.
        variables |= {"NO_PROXY": "", "no_proxy": ""}
    certificates = options.get("cert") or next(
        (environment[name] for name in _REQUESTS_VARIABLES if environment.get(name)), None
    )
    if certificates:
        kind = "SSL_CERT_DIR" if Path(certificates).is_dir() else "SSL_CERT_FILE"
        variables[kind] = certificates
    if "client-cert" in options:
        variables["SSL_CLIENT_CERT"] = options["client-cert"]
    for name in ("default-timeout", "timeout"):
        if name in options:
            variables["UV_HTTP_TIMEOUT"] = _whole_seconds(name, options[name])
    if "retries" in options:
        variables["UV_HTTP_RETRIES"] = options["retries"]
    if "no-cache-dir" in options:
        variables["UV_NO_CACHE"] = "1"
    return variables


def _whole_seconds(name: str, value: str) -> str:
    try:
        return str(math.ceil(float(value)))
    except ValueError:
        raise UntranslatableError(f"pip's configuration sets {name} to {value}") from None


_REQUESTS_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
