"""Reading and judging a stack's config."""
