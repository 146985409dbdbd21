"""How the applications' cache keys begin: each kind of entry of the plan under its own prefix.

The prefixes reach the applications in the ConfigMap, and are what a Redis user may touch. They make
"On data change" cheap too: one SCAN MATCH of one prefix, shard by shard.
"""

from __future__ import annotations

API_RESPONSE_PREFIX = "api:"
FEATURE_FLAG_PREFIX = "flag:"
LITERATURE_SEARCH_PREFIX = "literature:"
AI_RESPONSE_PREFIX = "ai:"

COLLABORATION_PREFIX = "collaboration:"
"""Of the keys and of the channels by which collaboration servers tell each other of edits."""
