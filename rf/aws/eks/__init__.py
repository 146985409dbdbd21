"""The cluster, its add-ons and node groups, and who may do what in it."""

from __future__ import annotations

from rf.aws.eks import access, cluster, nodes

CARDS = (*cluster.CARDS, *nodes.CARDS, *access.CARDS)
