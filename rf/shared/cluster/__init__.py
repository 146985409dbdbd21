"""A Kubernetes control plane on this machine: its programs, its start, and objects on it."""
