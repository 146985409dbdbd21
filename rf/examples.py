"""Two commands that each help ends with: what it is mostly asked, and one more."""

from __future__ import annotations

EXAMPLES: dict[str, tuple[str, str]] = {
    "preview": ("preview --stack prod", "preview --stack staging --set worker.maxReplicas=12"),
    "export": (
        "export --stack prod --out out/prod",
        "export --stack dev --out out/dev --size large",
    ),
    "cost": ("cost --stack prod", "cost --diff staging prod"),
    "prices": ("prices refresh --dry-run", "prices refresh --region eu-west-1"),
    "prices refresh": ("prices refresh --dry-run", "prices refresh --region eu-west-1"),
    "size": ("size --users 800", "size --sweep sweep.png"),
    "simulate": ("simulate --stack prod --burst 500", "simulate --stack staging --load 12-months"),
    "cells": ("cells", "cells --json"),
    "check": ("check --stack prod", "check --stack prod --load 12-months --lose az"),
    "check sharding": (
        "check sharding --schema schema.sql",
        "check sharding --schema - --json",
    ),
    "check versions": ("check versions --stack prod", "check versions --stack prod --json"),
    "check state": ("check state", "check state --json"),
    "check residency": (
        "check residency --stack prod-eu",
        "check residency --stack prod-eu --json",
    ),
    "policy": ("policy --stack prod", "policy --stack dev --size large"),
    "grow": ("grow small medium large", "grow --base main --stack prod"),
    "report": ("report --all-stacks --base main", "report --stack prod --base main"),
    "drill": ("drill --stack prod --lose region", "drill --stack prod --lose primary"),
    "conform": (
        "conform web -- ./serve",
        "conform orchestrator --samples conform.yaml -- node dist/server.js",
    ),
    "up": ("up --stack dev", "up --stack staging --keep"),
    "rehearse": ("rehearse --stack dev", "rehearse --stack staging --set worker.maxReplicas=12"),
    "preflight": ("preflight --stack prod", "preflight --stack prod --json"),
    "images": ("images --stack prod", "images --stack prod --check"),
    "publish-web": (
        "publish-web --stack prod --dir build/ --dry-run",
        "publish-web --stack prod --dir build/ --hashed 'assets/*'",
    ),
    "doctor": ("doctor", "doctor --json"),
    "advise": (
        "advise --stack prod --prometheus http://127.0.0.1:9090",
        "advise --stack staging --prometheus http://127.0.0.1:9090 --json",
    ),
    "jobs": ("jobs --stack prod", "jobs --stack prod --json"),
}
"""By the command's name, without `rf`; a test reads each as the command line would."""


def examples(command: str) -> str:
    """The last lines of a command's help."""
    return "\n\n".join(["Examples:", *(f"rf {each}" for each in EXAMPLES[command])])
