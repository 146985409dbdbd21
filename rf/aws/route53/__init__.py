"""Zones, records, and the health checks that switch between them."""

from __future__ import annotations

from rf.aws.route53 import health_checks, records, zones

CARDS = (*health_checks.CARDS, *records.CARDS, *zones.CARDS)
