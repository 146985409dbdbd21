"""Cards of what lives in the stack's state alone, a module a package."""
