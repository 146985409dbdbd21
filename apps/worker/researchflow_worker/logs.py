"""The log: one JSON object a line on standard output, without anybody's identifiers."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

_LOG = logging.getLogger("researchflow_worker")


def info(message: str, **facts: str | float) -> None:
    """Say what has happened. Facts are names of queues, kinds of errors and numbers."""
    _LOG.info(message, extra={"facts": facts})


def warning(message: str, **facts: str | float) -> None:
    """As `info`, of what somebody may have to look after."""
    _LOG.warning(message, extra={"facts": facts})


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            # A library's arguments may be a job's data, an exception's text a row: neither is told.
            "message": record.msg if isinstance(record.msg, str) else type(record.msg).__name__,
            **getattr(record, "facts", {}),
        }
        if record.exc_info and record.exc_info[0]:
            said["error"] = record.exc_info[0].__name__
        return json.dumps(said)


def set_up() -> None:
    """Send everything that is logged in this process to standard output."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    _LOG.setLevel(logging.INFO)
