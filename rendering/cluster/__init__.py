"""EKS, its machines and controllers."""
