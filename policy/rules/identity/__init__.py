"""Rules of who may do what, of keys, and of what watches."""
