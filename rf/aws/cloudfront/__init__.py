"""The edge: distributions, access to their origins, policies, functions, key value stores."""

from __future__ import annotations

from rf.aws.cloudfront import distribution, functions, origins, policies

CARDS = (*distribution.CARDS, *origins.CARDS, *policies.CARDS, *functions.CARDS)
