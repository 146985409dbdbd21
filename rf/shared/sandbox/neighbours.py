"""What a stack reads of another one, made real: that stack isn't up in this emulator."""

from __future__ import annotations

from rf.shared.cards.answers import RequestError
from rf.shared.plan import References
from rf.shared.sandbox.api import Api
from rf.shared.sandbox.registry import CreationError


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


def make_primaries(api: Api, references: References) -> None:
    """The database of each stack that this one is the recovery site of, in that stack's region:
    small and empty, for the replica to follow.

    Raises CreationError when the emulator refuses one.
    """
    for stack, outputs in references.items():
        arn = str((outputs.get("recovery") or {}).get("databaseArn", ""))
        if not arn:
            continue
        region, identifier = arn.split(":")[3], arn.rsplit(":", 1)[-1]
        try:
            api.call(
                "rds",
                "CreateDBInstance",
                region,
                DBInstanceIdentifier=identifier,
                DBInstanceClass="db.t4g.medium",
                Engine="postgres",
                AllocatedStorage=20,
                StorageEncrypted=True,
                MasterUsername="sandbox",
                MasterUserPassword="sandbox-only",
            )
        except RequestError as error:
            raise CreationError(f"the database of {stack}, to be followed: {error}") from error


def _zone(api: Api, stack: str, url: str) -> str:
    domain = url.removeprefix("https://")
    try:
        answer = api.call("route53", "CreateHostedZone", Name=domain, CallerReference=stack)
    except RequestError as error:
        raise CreationError(
            f"the zone of {stack}, which this stack's names stand in: {error}"
        ) from error
    return str(answer["HostedZone"]["Id"]).rsplit("/", 1)[-1]
