"""The home cell, as another cell's program reads it: what is shared by all and owned there."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi import ComponentResource, Output, ResourceOptions, StackReference


@dataclass(frozen=True, kw_only=True)
class HomeCellArgs:
    """`stack` is the home's full name, organization/project/stack."""

    stack: str


class HomeCell(ComponentResource):
    """Reads outputs of the home's last deployment, which therefore comes first."""

    zone_id: Output[str]

    def __init__(self, name: str, args: HomeCellArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("researchflow:network:HomeCell", name, {"stack": args.stack}, opts)
        reference = StackReference(
            f"{name}-stack", stack_name=args.stack, opts=ResourceOptions(parent=self)
        )
        self.zone_id = reference.require_output("zoneId")
        self.register_outputs({"zoneId": self.zone_id})
