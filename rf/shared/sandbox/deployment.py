"""Makes a program's registrations real while it runs, so that real ids flow through its Outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from rf.local.pulumi import AWS_PROVIDER
from rf.shared.cards.lifecycle import Created
from rf.shared.offline.invention import Registration
from rf.shared.offline.record import record
from rf.shared.offline.secrets import without_secrets
from rf.shared.offline.violations import OfflineError
from rf.shared.plan import RecordedPlan, RecordedResource, reveal
from rf.shared.plan_document import PlannedResource
from rf.shared.sandbox.emulator import EmulatorError
from rf.shared.sandbox.registry import (
    CreationError,
    Request,
    SandboxRegistry,
    default_tags_of,
    tagged,
)

DEFAULT_REGION = "us-east-1"
WITHOUT_AWS = ("pulumi:", "kubernetes:", "random:", "tls:")
"""Packages whose resources are no AWS calls: the recorder answers them."""


class Deployment:
    """What `record(..., deploy=...)` hands each custom resource to, dependencies first.

    After a failure every later registration is refused, so that the run ends soon.
    """

    def __init__(self, world: SandboxRegistry, progress: Callable[[str], None]) -> None:
        self.world = world
        self.failure: CreationError | EmulatorError | None = None
        self._progress = progress
        self._default_tags: Mapping[str, str] = {}

    def __call__(
        self, registration: Registration, invented: Mapping[str, Any]
    ) -> tuple[str, Mapping[str, Any]] | None:
        """Create the resource; None where the recorder's answer stands."""
        if registration.token == AWS_PROVIDER:
            self._default_tags = default_tags_of(reveal(registration.inputs))
            return None
        if registration.token.startswith(WITHOUT_AWS):
            return None
        if self.failure is not None:
            # A new one each time: raising the same again would chain it to itself.
            raise CreationError(f"{registration.urn}: not tried after an earlier failure")
        planned = tagged(registration.inputs, invented, self._default_tags)
        request = Request(
            urn=registration.urn,
            token=registration.token,
            name=registration.name,
            inputs=reveal(planned),
            planned=planned,
            invented=reveal(invented),
            region=registration.where,
        )
        try:
            created = self._make(request)
        except CreationError as error:
            # An API's message may quote the value that it refuses.
            self.failure = CreationError(without_secrets(str(error), registration.inputs))
            raise self.failure from None
        except EmulatorError as error:
            self.failure = error
            raise
        self._progress(registration.name)
        return created.id, created.outputs

    def _make(self, request: Request) -> Created:
        """Make one resource real. Raises CreationError."""
        return self.world.create(request)


def deployed(
    deployment: Deployment,
    program: Path,
    project: str,
    stack: str,
    **choices: Any,
) -> RecordedPlan:
    """The plan with the ids and outputs of what exists. Raises the deployment's failure first.

    When a resource fails, what depends on it fails too; only the first says why.
    """
    try:
        return record(program, project, stack, deploy=deployment, **choices)
    except OfflineError as error:
        if deployment.failure is not None:
            raise deployment.failure from error
        raise


def services_of(resources: Iterable[RecordedResource | PlannedResource]) -> list[str]:
    """The services that a plan's AWS resources are of, by the names of their types."""
    tokens = {resource.type for resource in resources if resource.type.startswith("aws:")}
    return sorted({token.split(":")[1].split("/")[0] for token in tokens})


def region_of(resources: Iterable[RecordedResource | PlannedResource]) -> str:
    """Where a plan's AWS provider stands."""
    providers = [resource for resource in resources if resource.type == AWS_PROVIDER]
    regions = [reveal(provider.inputs).get("region") for provider in providers]
    return next((region for region in regions if region), DEFAULT_REGION)
