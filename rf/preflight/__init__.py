"""`rf preflight`: what of an account would make this very plan fail, found by reading only."""
