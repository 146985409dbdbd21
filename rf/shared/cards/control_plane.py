"""Services whose control plane stands in one region for all: what can't be changed while it is
lost, and what goes on.

Source of all of them: AWS, "AWS Fault Isolation Boundaries", section "Global services"
(https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/global-services.html).
"""

from __future__ import annotations

from dataclasses import dataclass

from rf.shared.cards.without import Without

REGIONAL = Without("it is changed in its own region")

SOURCE = (
    "https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/"
    "global-services.html"
)

HOME = "us-east-1"
"""Where these control planes stand, in the partition `aws`."""


@dataclass(frozen=True, kw_only=True)
class ControlPlane:
    """One such service. `service` is its name in the API.

    `operations` narrows it to operations that begin so; without any, all change something.
    `edge` marks what stands in that region only because CloudFront takes it from there.
    """

    name: str
    service: str
    goes_on: str
    operations: tuple[str, ...] = ()
    edge: bool = False

    def denies(self, service: str, operation: str) -> bool:
        """Whether the operation needs this control plane."""
        if service != self.service:
            return False
        return not self.operations or operation.startswith(self.operations)
