"""Code of the CloudFront Functions, each a JavaScript file of its own beside this one."""

from __future__ import annotations

from importlib.resources import files

MAX_CODE_BYTES = 10_240
"""CloudFront's limit on one function (quota "Maximum size of a function", 10 KB)."""


def spa_router_code() -> str:
    """The function that sends routes of the single-page application to index.html.

    Raises ValueError when the file outgrew what CloudFront takes.
    """
    code = files("rendering").joinpath("spa_router.js").read_text(encoding="utf-8")
    size = len(code.encode())
    if size > MAX_CODE_BYTES:
        raise ValueError(f"spa_router.js has {size} bytes; CloudFront takes {MAX_CODE_BYTES}")
    return code
