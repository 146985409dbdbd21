"""SDK classes with one output left untyped, because its typed form can fail a whole deployment.

The SDK reads each output by its declared type and stops the program when an object arrives as an
empty list, after everything has been created. Nothing here reads these outputs.
"""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
from pulumi import Output


class Listener(aws.lb.Listener):
    """A load balancer's listener; without mutual TLS its `mutualAuthentication` may be empty."""

    @property
    @pulumi.getter(name="mutualAuthentication")
    def mutual_authentication(self) -> Output[Any]:
        """Whatever the provider answered."""
        return pulumi.get(self, "mutual_authentication")


class Release(kubernetes.helm.v3.Release):
    """A Helm release; one that has rendered nothing yet may have empty `resourceNames`."""

    @property
    @pulumi.getter(name="resourceNames")
    def resource_names(self) -> Output[Any]:
        """Whatever the provider answered."""
        return pulumi.get(self, "resource_names")
