"""`rf check versions`: how long a stack's Kubernetes version is supported."""
