"""Cards of AWS' resource types, a module a service."""
