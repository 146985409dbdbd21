"""All rules over all recorded resources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from rf.shared.offline.input_rules import check_inputs
from rf.shared.offline.kubernetes_rules import check_object, check_release, version_of
from rf.shared.offline.secrets import without_secrets
from rf.shared.offline.text_rules import check_texts
from rf.shared.offline.value_rules import check_values
from rf.shared.offline.violations import OfflineRule, OfflineViolation
from rf.shared.plan import RecordedResource

_RULES = (check_inputs, check_values, check_release, check_texts)


def check(resources: Sequence[RecordedResource]) -> list[OfflineViolation]:
    """Every violation of every rule."""
    check_kubernetes = partial(check_object, version=version_of(resources))
    return [
        replace(violation, message=without_secrets(violation.message, resource.inputs))
        for resource in resources
        for rule in (_check_provider, *_RULES, check_kubernetes)
        for violation in rule(resource)
    ]


def _check_provider(resource: RecordedResource) -> Iterator[OfflineViolation]:
    """Default providers are disabled in every stack file, so a resource must have its own."""
    if resource.custom and not resource.provider and not resource.type.startswith("pulumi:"):
        package = resource.type.split(":")[0]
        message = f"has no explicit {package} provider; default providers are disabled"
        yield OfflineViolation(resource.urn, OfflineRule.NO_PROVIDER, message)
