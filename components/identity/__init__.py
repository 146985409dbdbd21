"""Keys, roles, certificates, and the trail of who did what."""
