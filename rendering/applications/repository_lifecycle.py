"""Which images a repository keeps."""

from __future__ import annotations

import json


def image_reference(repository_url: str, pin: str) -> str:
    """`repository@sha256:…` for a digest, `repository:tag` for a tag."""
    separator = "@" if pin.startswith("sha256:") else ":"
    return f"{repository_url}{separator}{pin}"


IMAGES_KEPT = 50
"""Ten weeks of a release every working day: far more than any rollback, and at about 0.3 GB an
image still under 2 USD a month and repository (0.10 USD a GB and month, ECR pricing). A tag in use
must never be the fifty-first: deploy at least every fifty pushes."""


def keep_newest_images() -> str:
    """ECR lifecycle policy: expire all but the newest `IMAGES_KEPT`, tagged or not."""
    rule = {
        "rulePriority": 1,
        "description": f"Keep the newest {IMAGES_KEPT} images",
        "selection": {
            "tagStatus": "any",
            "countType": "imageCountMoreThan",
            "countNumber": IMAGES_KEPT,
        },
        "action": {"type": "expire"},
    }
    return json.dumps({"rules": [rule]}, sort_keys=True)
