"""Log groups and their delivery, metric filters, alarms, and event rules with their targets."""

from __future__ import annotations

from rf.aws.cloudwatch import alarms, deliveries, logs

CARDS = (*alarms.CARDS, *deliveries.CARDS, *logs.CARDS)
