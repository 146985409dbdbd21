"""PostgreSQL: primaries and replicas, their groups, and the events that they tell."""

from __future__ import annotations

from rf.aws.rds import groups, instance

CARDS = (*instance.CARDS, *groups.CARDS)
