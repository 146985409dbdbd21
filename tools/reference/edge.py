"""The tables of `docs/edge.md`: what the edge does with each path, read from the recorded plan.

Printed by `python -m tools.reference.edge`; a test compares them with the page.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from rf.shared.plan import RecordedPlan, RecordedResource, reveal

STACK = "prod"
"""The stack whose plan is shown; the paths are the same in all."""

_DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
_HEADERS_POLICY = "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy"

_MANAGED = {
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": "no",
    "b689b0a8-53d0-40ab-baf2-68738e2966ac": "everything but Host",
}
"""AWS's managed policies that the plan uses by id (CloudFront guide, "Use managed cache policies"
and "Use managed origin request policies")."""

_HEAD = ("path", "methods", "viewer", "served by", "kept", "key", "forwarded", "headers added")


def behaviors_table(plan: RecordedPlan) -> str:
    """One row a behaviour, in the order in which CloudFront tries them; the default comes last."""
    (distribution,) = plan.of_type(_DISTRIBUTION)
    inputs = reveal(distribution.inputs)
    policies = {r.resource_id: r for r in plan.resources if r.type.startswith("aws:cloudfront/")}
    groups = {
        group["originId"]: [member["originId"] for member in group["members"]]
        for group in inputs["originGroups"]
    }
    rows = [_HEAD, tuple("---" for _ in _HEAD)]
    for behavior in [*inputs["orderedCacheBehaviors"], inputs["defaultCacheBehavior"]]:
        target = behavior["targetOriginId"]
        rows.append(
            (
                f"`{behavior.get('pathPattern', '*')}`",
                ", ".join(sorted(behavior["allowedMethods"])),
                behavior["viewerProtocolPolicy"],
                ", then ".join(groups.get(target, [target])),
                *_cached(behavior["cachePolicyId"], policies),
                _MANAGED.get(behavior.get("originRequestPolicyId", ""), "only what is in the key"),
                _headers(policies[behavior["responseHeadersPolicyId"]]),
            )
        )
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def headers_table(plan: RecordedPlan) -> str:
    """The security headers and their values."""
    (policy,) = plan.of_type(_HEADERS_POLICY)
    values = _security_headers(reveal(policy.inputs))
    rows = [("header", "value"), ("---", "---"), *((k, f"`{v}`") for k, v in values.items())]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _cached(policy_id: str, policies: Mapping[str, RecordedResource]) -> tuple[str, str]:
    """For how long, and by what besides host and path."""
    if policy_id in _MANAGED:
        return _MANAGED[policy_id], "-"
    policy = reveal(policies[policy_id].inputs)
    key = policy["parametersInCacheKeyAndForwardedToOrigin"]
    parts = {
        "query": key["queryStringsConfig"]["queryStringBehavior"],
        "cookies": key["cookiesConfig"]["cookieBehavior"],
        "headers": key["headersConfig"]["headerBehavior"],
    }
    duration = f"{policy['defaultTtl']} s unless the origin says; {policy['maxTtl']} s at most"
    return duration, ", ".join(f"{part}: {value}" for part, value in parts.items())


def _headers(policy: RecordedResource) -> str:
    return f"the {len(_security_headers(reveal(policy.inputs)))} below"


def _security_headers(policy: Mapping[str, Any]) -> dict[str, str]:
    config = policy["securityHeadersConfig"]
    age = config["strictTransportSecurity"]["accessControlMaxAgeSec"]
    return {
        "Strict-Transport-Security": f"max-age={age}",
        "Content-Security-Policy": config["contentSecurityPolicy"]["contentSecurityPolicy"],
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": config["referrerPolicy"]["referrerPolicy"],
        "X-Frame-Options": config["frameOptions"]["frameOption"],
    }


def main() -> None:
    """Print both tables."""
    from rf.shared.stacks import plan_of  # noqa: PLC0415 - the tables alone need no program

    plan = plan_of(STACK)
    sys.stdout.write(f"{behaviors_table(plan)}\n{headers_table(plan)}")


if __name__ == "__main__":
    main()
