"""Load balancers, their listeners and rules, and the groups of targets behind them."""

from __future__ import annotations

from rf.aws.lb import balancer, listeners, targets

CARDS = (*balancer.CARDS, *targets.CARDS, *listeners.CARDS)
