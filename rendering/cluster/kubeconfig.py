"""The kubeconfig of a cluster whose users are IAM identities."""

from __future__ import annotations

import json


def kubeconfig(cluster_name: str, region: str, endpoint: str, certificate_authority: str) -> str:
    """JSON text (which is YAML too) without any credential in it.

    The `aws` command line makes a token for whoever runs it. `certificate_authority` is base64, as
    EKS gives it.
    """
    arguments = ["--region", region, "eks", "get-token", "--cluster-name", cluster_name]
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": cluster_name,
                "cluster": {
                    "server": endpoint,
                    "certificate-authority-data": certificate_authority,
                },
            }
        ],
        "users": [
            {
                "name": cluster_name,
                "user": {
                    "exec": {
                        "apiVersion": "client.authentication.k8s.io/v1beta1",
                        "command": "aws",
                        "args": [*arguments, "--output", "json"],
                        "interactiveMode": "Never",
                    }
                },
            }
        ],
        "contexts": [
            {"name": cluster_name, "context": {"cluster": cluster_name, "user": cluster_name}}
        ],
        "current-context": cluster_name,
    }
    return json.dumps(document, sort_keys=True)
