"""The Content-Security-Policy that the edge sets on pages."""

from __future__ import annotations

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
