"""Where a stack's state and secrets are kept, and that no secret stands in a stack file."""
