"""How long Pulumi waits for a Deployment, which is as long as its pods may take."""

from __future__ import annotations

import math

PULUMI_WAITS_SECONDS = 600
"""What Pulumi's Kubernetes provider waits for an object to be made, changed or deleted where it is
told nothing else (pulumi-kubernetes, provider/pkg/await/await.go)."""

WAIT_ANNOTATION = "pulumi.com/timeoutSeconds"
"""Says another number, for all three (the same module, pkg/metadata/annotations.go)."""

MARGIN_SECONDS = 60
"""For what comes on top of pods' own times: scheduling, the Service, the garbage collector."""


def wait_annotations(
    *, pods: int, at_once: int, start_seconds: int, grace_seconds: int
) -> dict[str, str]:
    """Annotations of a Deployment with that many pods at most, `at_once` of which are exchanged
    together; none where the provider's own time is enough.

    A deletion waits until the pods are gone, each after its grace at the latest. A rollout waits
    until the new ones are ready, one group after the other; it does not wait for those that stop
    meanwhile, which the Deployment's controller no longer counts.
    """
    rollout = math.ceil(pods / at_once) * start_seconds
    needed = max(rollout, grace_seconds) + MARGIN_SECONDS
    return {WAIT_ANNOTATION: str(needed)} if needed > PULUMI_WAITS_SECONDS else {}
