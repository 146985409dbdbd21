"""`make scan`: scanners' answers are read, held against the list, and the list against them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from rf.shared.plan import RecordedPlan
from rf.shared.project import PROJECT_ROOT
from tests.conftest import Planned
from tools.scan.__main__ import main
from tools.scan.finding import Finding, ListInputError, read_by_design, verdict
from tools.scan.material import Material, write_material
from tools.scan.readers import (
    read_bandit,
    read_checkov,
    read_cloudsplaining,
    read_gitleaks,
    read_kubeconform,
    read_parliament,
)
from tools.scan.scanners import scanners

TOOLS = {each.name: each for each in scanners()}

CHECKOV = {
    "check_type": "kubernetes",
    "results": {
        "failed_checks": [
            {
                "check_id": "CKV_K8S_43",
                "check_name": "Image should use digest",
                "file_path": "/prod/cronjob/citus-distribution.yaml",
                "resource": "CronJob.citus.citus-distribution",
                "severity": None,
            }
        ]
    },
    "summary": {"passed": 1524, "failed": 1, "checkov_version": "3.3.30"},
}
KUBECONFORM = {
    "resources": [
        {"kind": "Job", "name": "fine", "version": "batch/v1", "status": "statusValid", "msg": ""},
        {
            "kind": "Deployment",
            "name": "cloudwatch-exporter",
            "version": "apps/v1",
            "status": "statusInvalid",
            "msg": "at '/spec/template/metadata/annotations/files-hash': got number, want string",
        },
    ]
}
PARLIAMENT = {
    "issue": "RESOURCE_STAR",
    "title": "Unnecessary use of Resource *",
    "severity": "LOW",
    "description": "",
    "detail": ["rds:DescribeDBInstances"],
    "location": {
        "line": 1,
        "filepath": "/tmp/prod.RolePolicy.recovery-backups-daily.json",
    },
}
CLOUDSPLAINING = {
    "inline_policies": {
        "69ab56489cc6": {
            "PolicyName": "worker-artifacts-bucket",
            "PolicyDocument": {"Statement": []},
            "AttachedTo": {"roles": ["worker-artifacts"], "groups": [], "users": []},
            "PrivilegeEscalation": {"severity": "high", "description": "", "findings": []},
            "DataExfiltration": {
                "severity": "medium",
                "description": "",
                "findings": ["s3:GetObject"],
            },
            "is_excluded": False,
        }
    }
}
BANDIT = {
    "errors": [],
    "results": [
        {
            "filename": "rf/shared/plan_cache.py",
            "issue_text": "Deserialization with the marshal module is possibly dangerous.",
            "line_number": 134,
            "test_id": "B302",
        }
    ],
}
GITLEAKS = [
    {
        "RuleID": "jwt",
        "File": "tests/unit/test_state_policy.py",
        "StartLine": 59,
        "Commit": "cdbca59c38fce7083b724cfff7d157c15edc74ca",
        "Secret": "REDACTED",
    }
]


@pytest.mark.parametrize(
    ("read", "printed", "found"),
    [
        (read_checkov, CHECKOV, ("checkov", "CKV_K8S_43", "CronJob.citus.citus-distribution")),
        (
            read_kubeconform,
            KUBECONFORM,
            ("kubeconform", "statusInvalid", "Deployment.cloudwatch-exporter"),
        ),
        (
            read_parliament,
            PARLIAMENT,
            ("parliament", "RESOURCE_STAR", "RolePolicy.recovery-backups-daily"),
        ),
        (
            read_cloudsplaining,
            CLOUDSPLAINING,
            ("cloudsplaining", "DataExfiltration", "worker-artifacts-bucket"),
        ),
        (read_bandit, BANDIT, ("bandit", "B302", "rf/shared/plan_cache.py")),
        (read_gitleaks, GITLEAKS, ("gitleaks", "jwt", "tests/unit/test_state_policy.py")),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_a_scanner_prints_is_read(read, printed, found):
    (one,) = read(json.dumps(printed))
    assert (one.tool, one.check, one.resource) == found


def test_a_source_that_bandit_could_not_read_is_no_clean_source():
    with pytest.raises(ValueError, match=r"syntax error"):
        list(read_bandit(json.dumps(BANDIT | {"errors": [{"reason": "syntax error"}]})))


def finding(resource: str, check: str = "B1", tool: str = "bandit") -> Finding:
    return Finding(tool=tool, check=check, resource=resource)


def test_what_is_not_on_the_list_fails_and_so_does_what_is_there_in_vain():
    found = [finding("rf/a.py"), finding("rf/a.py", "B2"), finding("rf/a.py")]
    assert not verdict(found, [finding("rf/*"), finding("rf/a.py", "B2")], {"bandit"}).fails
    missing = verdict(found, [finding("rf/*")], {"bandit"})
    assert (missing.fails, missing.unexpected) == (True, (finding("rf/a.py", "B2"),))
    assert missing.by_design == 1
    vain = verdict(found[:1], [finding("rf/*"), finding("rf/gone.py")], {"bandit"})
    assert (vain.fails, vain.idle) == (True, (finding("rf/gone.py"),))
    # Who runs one scanner isn't told of the others' entries.
    assert not verdict([], [finding("a", tool="gitleaks")], {"bandit"}).fails


def test_the_list_is_of_scanners_that_there_are_and_of_files_that_there_are():
    listed = read_by_design()
    assert {each.tool for each in listed} <= TOOLS.keys()
    assert len({(each.tool, each.check, each.resource) for each in listed}) == len(listed)
    for each in listed:
        if each.tool == "bandit":
            assert (PROJECT_ROOT / each.resource).is_file(), each.resource


@pytest.mark.parametrize(
    "entry",
    [
        {"tool": "bandit", "check": "B1", "resources": ["rf/a.py"]},
        {"tool": "bandit", "check": "B1", "resources": ["rf/a.py"], "why": "because"},
        {"tool": "bandit", "check": "B1", "resources": [], "why": "a reason that is long enough"},
    ],
)
def test_an_entry_without_a_reason_or_a_resource_is_refused(tmp_path, entry):
    path = tmp_path / "list.yaml"
    path.write_text(yaml.safe_dump([entry]), encoding="utf-8")
    with pytest.raises(ListInputError, match=r"list\.yaml"):
        read_by_design(path)


def test_a_scanner_that_is_not_there_ends_with_2_and_says_who_makes_it(
    monkeypatch, tmp_path, capsys
):
    monkeypatch.setenv("RESEARCHFLOW_SCANNERS", str(tmp_path))
    assert main(["bandit"]) == 2
    assert "missing: bandit; run .ci/scan/build" in capsys.readouterr().err


@pytest.fixture(scope="module")
def prod(planned: Planned) -> RecordedPlan:
    return planned("prod")


@pytest.fixture
def material(prod: RecordedPlan, tmp_path: Path) -> Material:
    return write_material(tmp_path, {"prod": (prod, "1.35")})


def test_every_policy_and_role_of_a_stack_is_among_what_is_scanned(material, prod):
    names = {path.name for path in material.policies.iterdir()}
    assert {
        "prod.RolePolicy.worker-artifacts-bucket.json",
        "prod.BucketPolicy.artifacts-tls-only.json",
        "prod.LogResourcePolicy.observability-alarms-backups.json",
        "prod.Key.encryption-data.json",
    } <= names
    roles = json.loads(material.account("prod").read_text("utf-8"))["RoleDetailList"]
    assert len(roles) == len(prod.of_type("aws:iam/role:Role"))
    (worker,) = (each for each in roles if each["RoleName"] == "worker-artifacts")
    assert [each["PolicyName"] for each in worker["RolePolicyList"]] == ["worker-artifacts-bucket"]


def break_object(material: Material) -> None:
    path = next(material.objects.rglob("networkpolicy/pgbouncer-flows.yaml"))
    path.write_text(path.read_text("utf-8").replace("podSelector:", "podSelektor:"), "utf-8")


def break_custom_object(material: Material) -> None:
    path = next(material.objects.rglob("nodepool/workers.yaml"))
    path.write_text(path.read_text("utf-8").replace("template:", "model:", 1), "utf-8")


def break_rules(material: Material) -> None:
    path = material.rules("prod")
    path.write_text(path.read_text("utf-8").replace("expr: ", "expr: sum(", 1), "utf-8")


def break_config(material: Material) -> None:
    path = material.alertmanager("prod")
    path.write_text(path.read_text("utf-8").replace("receiver: ", "receiver: no-", 1), "utf-8")


@pytest.mark.scanners
@pytest.mark.parametrize(
    ("name", "harm"),
    [
        ("kubeconform", break_object),
        ("kubeconform", break_custom_object),
        ("promtool", break_rules),
        ("amtool", break_config),
    ],
)
def test_a_scanner_finds_nothing_in_production_and_what_is_broken(material, name, harm):
    tool = TOOLS[name]
    assert list(tool.scan(tool.program, material)) == []
    harm(material)
    assert list(tool.scan(tool.program, material))
