"""The API as it is when a region is lost: whatever needs that region is refused."""

from __future__ import annotations

from typing import Any

from rf.drill.control_planes import control_plane_needed
from rf.shared.cards.answers import ApiAnswer, RequestError
from rf.shared.cards.control_plane import HOME
from rf.shared.sandbox.api import Api

READS = ("Describe", "Get", "List", "Head")
"""What operations that change nothing begin with."""


class LostRegionError(RequestError):
    """A call that needs the lost region. Names it, and what of that region it needs."""


class FencedApi(Api):
    """An Api whose calls to the lost region fail, as they would in earnest.

    A region is lost with the control planes that stand there for all regions; what those serve
    goes on, but no call can change it, and none is answered with what it is.
    """

    lost = ""

    def lose(self, region: str) -> None:
        """From now on every call that needs the region fails."""
        self.lost = region

    def call(
        self, service: str, operation: str, region: str | None = None, **parameters: Any
    ) -> ApiAnswer:
        """As `Api.call`. Raises LostRegionError, a RequestError, for what needs the region."""
        where = region or self.region
        if self.lost:
            plane = control_plane_needed(service, operation, where)
            if plane is not None and self.lost == HOME and not _reads_a_bucket(service, operation):
                raise LostRegionError(
                    f"{service} {operation} needs the control plane of {plane.name}, "
                    f"which is lost with {HOME}"
                )
            if where == self.lost and plane is None:
                raise LostRegionError(f"{service} {operation} calls {where}, which is lost")
        return super().call(service, operation, region, **parameters)


def _reads_a_bucket(service: str, operation: str) -> bool:
    return service == "s3" and operation.startswith(READS)


class WatchingApi(Api):
    """The drill's own eyes: it may look anywhere, at what goes on too, and change nothing."""

    def call(
        self, service: str, operation: str, region: str | None = None, **parameters: Any
    ) -> ApiAnswer:
        """As `Api.call`. Raises RequestError for anything but a read."""
        if not operation.startswith(READS):
            raise RequestError(f"{service} {operation}: the drill's checks only read")
        return super().call(service, operation, region, **parameters)
