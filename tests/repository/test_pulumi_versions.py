"""Pulumi's engine refuses itself where it is older than the SDK that the program is for."""

import re

import yaml

from rf.doctor.probes import version_text
from rf.doctor.uses import MINIMUM_PULUMI
from rf.shared.project import PROJECT_ROOT


def test_the_project_wants_an_engine_no_older_than_its_sdk():
    project = yaml.safe_load((PROJECT_ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))
    pinned = re.search(
        r"^pulumi==(\S+)$", (PROJECT_ROOT / "requirements.in").read_text("utf-8"), re.MULTILINE
    )
    assert pinned
    assert project["requiredPulumiVersion"] == f">={pinned[1]}"
    assert version_text(MINIMUM_PULUMI) == pinned[1]
