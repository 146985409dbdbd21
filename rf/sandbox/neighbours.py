"""What a stack reads of another one, made real: that stack isn't up in this emulator."""

from __future__ import annotations

from rf.offline.monitor import References
from rf.sandbox.api import Api, RequestError
from rf.sandbox.registry import CreationError


def with_zones(api: Api, references: References) -> References:
    """The references, each `zoneId` that of a zone made here for the domain of the stack's `url`.

    Raises CreationError when the emulator refuses the zone.
    """
    return {
        stack: {**outputs, "zoneId": _zone(api, stack, str(outputs["url"]))}
        if "zoneId" in outputs
        else outputs
        for stack, outputs in references.items()
    }


def _zone(api: Api, stack: str, url: str) -> str:
    domain = url.removeprefix("https://")
    try:
        made = api.call("route53", "CreateHostedZone", Name=domain, CallerReference=stack)
    except RequestError as error:
        raise CreationError(
            f"the zone of {stack}, which this stack's names stand in: {error}"
        ) from error
    return str(made["HostedZone"]["Id"]).rsplit("/", 1)[-1]
