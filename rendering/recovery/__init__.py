"""Copies in another region, and the site that takes over."""
