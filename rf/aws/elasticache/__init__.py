"""Redis: replication groups with their parameters, subnets, users and groups of users."""

from __future__ import annotations

from rf.aws.elasticache import groups, replication_group

CARDS = (*replication_group.CARDS, *groups.CARDS)
