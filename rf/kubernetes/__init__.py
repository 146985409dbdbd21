"""Cards of Kubernetes' kinds, a module an API group."""
