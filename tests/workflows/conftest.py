"""Fixtures of the faults of workflows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rf.shared.applications.stand import Stand
from tests.workflows.standing import stand_with_temporal, trial_folder


@pytest.fixture(scope="module")
def directory() -> Iterator[Path]:
    """For the servers, and for what applications say."""
    with trial_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def stand(directory: Path) -> Iterator[Stand]:
    """All servers, with Temporal."""
    with stand_with_temporal(directory) as stand:
        yield stand
