"""Rules of EKS: its API server, machines, charts and namespaces."""
