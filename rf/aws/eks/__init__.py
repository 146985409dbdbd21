"""The cluster, its add-ons and node groups, and who may do what in it."""

from __future__ import annotations

from rf.aws.eks import access, addons, cluster, nodes

CARDS = (*cluster.CARDS, *addons.CARDS, *nodes.CARDS, *access.CARDS)
