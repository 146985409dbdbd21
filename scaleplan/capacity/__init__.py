"""The checks that a configuration carries a load: one file each, pure, from terms to a verdict."""
