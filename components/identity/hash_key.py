"""The key of hashes that change with secrets and tell nothing of them."""

from __future__ import annotations

import pulumi_random as random
from pulumi import Output, Resource, ResourceOptions

from components.shared.computed_text import computed_text

LENGTH = 32
"""Characters, letters and digits at random: 190 bits, past all guessing."""


def hash_key(name: str, parent: Resource) -> Output[str]:
    """A random key for `keyed_hash`, which never leaves the stack's encrypted state."""
    generated = random.RandomPassword(
        name, length=LENGTH, special=False, opts=ResourceOptions(parent=parent)
    )
    return Output.secret(computed_text(generated.result))
