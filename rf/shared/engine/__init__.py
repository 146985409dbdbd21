"""Pulumi's engine on this machine, with cards for providers and no way to a real account."""
