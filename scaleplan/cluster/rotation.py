"""How old machines and their image may grow, and how long one waits for its pods when it goes."""

from __future__ import annotations

IMAGE_DAYS = 30
"""From the day of Karpenter's machine image until it is to be raised. As old as Karpenter lets a
machine grow unless told otherwise (CRD NodePool, `expireAfter`: 720h)."""

MACHINE_DAYS = 45
"""From which on a machine counts as forgotten: a month's image, and two weeks until it has reached
production."""

TERMINATION_GRACE_HOURS = 2
"""What a leaving machine of Karpenter's gives its pods before it goes without asking anybody.

Four times what the fullest one takes within the budgets: ten pods of one Deployment one after
another, two minutes each until the next is ready, and the ten minutes of the longest activity.
Whole hours, and the same for all stacks: a number that followed from other settings would replace
every machine whenever one of those changes, as it is part of what machines drift by.
"""
