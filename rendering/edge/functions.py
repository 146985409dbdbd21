"""Code of the CloudFront Functions, put together from the JavaScript files beside this one.

CloudFront runs one function an event and behaviour, so where pages need both the directory of
organizations and the routes of the application, one function holds both files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

_DIRECTIVES = {
    "default-src": ["'self'"],
    "base-uri": ["'self'"],
    "connect-src": ["'self'"],
    "font-src": ["'self'", "data:"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
    "img-src": ["'self'", "data:", "blob:"],
    "object-src": ["'none'"],
    "script-src": ["'self'"],
    # Component libraries write style attributes; scripts have no such exception.
    "style-src": ["'self'", "'unsafe-inline'"],
    "worker-src": ["'self'", "blob:"],
}


def content_security_policy(domain: str | None) -> str:
    """Everything from the application's own origin only; `domain` adds its WebSocket address.

    Browsers before CSP 3 do not count `wss:` as `'self'`, so the name is given where it is known.
    """
    directives = dict(_DIRECTIVES)
    if domain is not None:
        directives["connect-src"] = [*directives["connect-src"], f"wss://{domain}"]
    return "; ".join(" ".join([name, *sources]) for name, sources in directives.items())


MAX_CODE_BYTES = 10_240
"""CloudFront's limit on one function (quota "Maximum size of a function", 10 KB)."""

_ROUTE_PAGES = "function handler(event) {\n    return route(event.request);\n}\n"
_REDIRECT = (
    "async function handler(event) {\n"
    "    return (await elsewhere(event.request)) || event.request;\n"
    "}\n"
)
_REDIRECT_OR_ROUTE_PAGES = (
    "async function handler(event) {\n"
    "    return (await elsewhere(event.request)) || route(event.request);\n"
    "}\n"
)


@dataclass(frozen=True, kw_only=True)
class CellNames:
    """The home cell's own name, those of the others, and the domain that they are below."""

    domain: str
    own: str
    others: Sequence[str]


def pages_code(cells: CellNames | None) -> str:
    """The function of pages: routes of the application get index.html.

    With `cells`, organizations of another cell are sent there first.
    Raises ValueError when the code outgrew what CloudFront takes.
    """
    router = _file("spa_router.js")
    if cells is None:
        return _within_limit(router + _ROUTE_PAGES)
    return _within_limit(_organization_router(cells) + router + _REDIRECT_OR_ROUTE_PAGES)


def application_code(cells: CellNames) -> str:
    """The function of API and sockets: organizations of another cell are sent there.

    Raises ValueError when the code outgrew what CloudFront takes.
    """
    return _within_limit(_organization_router(cells) + _REDIRECT)


def _organization_router(cells: CellNames) -> str:
    code = _file("organization_router.js")
    values = {
        "{{DOMAIN}}": cells.domain,
        "{{OWN_CELL}}": cells.own,
        "{{OTHER_CELLS}}": ",".join(cells.others),
    }
    for placeholder, value in values.items():
        if code.count(placeholder) != 1:
            raise ValueError(f"organization_router.js must name {placeholder} once")
        code = code.replace(placeholder, value)
    return code


def _file(name: str) -> str:
    return files("rendering.edge").joinpath(name).read_text(encoding="utf-8")


def _within_limit(code: str) -> str:
    size = len(code.encode())
    if size > MAX_CODE_BYTES:
        raise ValueError(f"the function has {size} bytes; CloudFront takes {MAX_CODE_BYTES}")
    return code
