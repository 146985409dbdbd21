"""What secrets look like, by the form that their makers give them: the one table.

The pack asks it of objects that many may read, `rf check` of stack files, and reports mask by it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

SECRET_FORMS: Mapping[str, re.Pattern[str]] = {
    # To its end, or to that of a text that was cut.
    "a private key": re.compile(
        r"-----BEGIN [A-Z ]*PRIVATE KEY.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
    ),
    "a URL with a password": re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@]*:[^\s/@]+@"),
    "an AWS access key": re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a Slack webhook": re.compile(r"hooks\.slack\.com/services/\S+"),
    "a GitHub token": re.compile(r"\b(gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,})"),
    "a Slack token": re.compile(r"\bxox[abeprs]-[A-Za-z0-9-]{10,}"),
    "a Pulumi token": re.compile(r"\bpul-[0-9a-f]{40}\b"),
    "a JSON Web Token": re.compile(r"\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}"),
    "an integration key": re.compile(r"^[0-9a-f]{32}$"),
    "a password by its name": re.compile(
        r"(?i)(password|secret|token)\s*[=:]\s*['\"]?[^\s'\"$\[{]{8,}"
    ),
}


def secret_form(text: str) -> str | None:
    """What the text holds that has the form of a secret; None where nothing has."""
    return next((what for what, form in SECRET_FORMS.items() if form.search(text)), None)


def masked(text: str) -> str:
    """The text with `[secret]` for whatever has the form of one: for what programs print."""
    for form in SECRET_FORMS.values():
        text = form.sub("[secret]", text)
    return text
