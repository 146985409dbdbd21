"""What maintainers run: set-up, generators of documentation, GitHub."""
