"""What the firewall of each stack's recorded plan makes of a busy hospital behind one address."""

import pytest

from rf.shared.plan import reveal
from rf.shared.project import PROJECT_ROOT
from rf.shared.stacks import settings_of
from scaleplan.config.stack_file import stack_names

WEB_ACL = "aws:wafv2/webAcl:WebAcl"

HOSPITAL_REQUESTS_PER_SECOND = 100 * (50 / 200) * 3
"""A hundred users at the plan's busiest projection ("Load Projections": 50 requests a second of 200
users), three times as busy as the mean. In numbers of its own: the check of capacity and the
firewall's limit are reckoned from the same ones, and would both follow a mistake in them."""

FLOOD = 2
"""So many hospitals behind one address are none."""


@pytest.mark.parametrize("stack", stack_names(PROJECT_ROOT))
def test_a_busy_hospital_passes_for_as_long_as_it_likes_and_a_flood_does_not(serving, stack):
    limits = [
        rule["statement"]["rateBasedStatement"]
        for acl in serving(stack).of_type(WEB_ACL)
        for rule in reveal(acl.inputs)["rules"]
        if "rateBasedStatement" in rule["statement"]
    ]
    assert len(limits) == (1 if settings_of(stack).edge.waf else 0)
    for limit in limits:
        assert limit["aggregateKeyType"] == "IP"
        # WAF compares what came in its window, at any moment, with the limit.
        hospital = HOSPITAL_REQUESTS_PER_SECOND * limit["evaluationWindowSec"]
        assert hospital <= limit["limit"] < FLOOD * hospital
