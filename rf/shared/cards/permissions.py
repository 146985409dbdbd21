"""What a creation takes of IAM beside actions: the role that a service has in an account."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, order=True)
class ServiceLinkedRole:
    """A role that a service has once an account. The service makes it with the first thing of its
    kind, where whoever asks for that may `iam:CreateServiceLinkedRole`.

    `principal` is the service by IAM's name, `name` the role.
    """

    principal: str
    name: str

    @property
    def path(self) -> str:
        """Its path and name, as in its ARN."""
        return f"aws-service-role/{self.principal}/{self.name}"

    @property
    def command(self) -> str:
        """What makes it by hand."""
        return f"aws iam create-service-linked-role --aws-service-name {self.principal}"
