"""The edge: distributions, access to their origins, policies, functions, key value stores."""

from __future__ import annotations

from rf.aws.cloudfront import distribution, functions, policies

CARDS = (*distribution.CARDS, *policies.CARDS, *functions.CARDS)
