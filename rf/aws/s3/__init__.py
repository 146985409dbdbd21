"""Buckets and what is set on them."""

from __future__ import annotations

from rf.aws.s3 import bucket, settings

CARDS = (*bucket.CARDS, *settings.CARDS)
