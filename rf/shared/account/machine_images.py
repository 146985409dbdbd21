"""Where AWS publishes the images of EKS' machines: parameters of SSM."""

from __future__ import annotations


def images_folder(kubernetes: str, architecture: str) -> str:
    """The parameters of Amazon Linux 2023 for a minor version of Kubernetes, one below the other.

    `architecture` is as these call it: arm64 or x86_64.
    """
    return f"/aws/service/eks/optimized-ami/{kubernetes}/amazon-linux-2023/{architecture}/standard"
