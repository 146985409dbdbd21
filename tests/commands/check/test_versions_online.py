"""Registries and account are asked for newer versions; what they don't answer is never a pass."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from typer.testing import CliRunner

from rf.check.versions.online import Newer, Newness, NoNetworkError, ask
from rf.check.versions.registries import Registries
from rf.check.versions.report import VersionsReport, report_of
from rf.cli import app
from rf.shared.account.account import Account, PreflightInputError
from rf.shared.account.unreadable import UnreadableError
from rf.shared.stacks import settings_of
from scaleplan.versions.fitting import running
from scaleplan.versions.table import Pin
from tests.commands.registry_server import Served, registry_server

TODAY = date(2026, 11, 30)

INDEX = """
entries:
  stackgres-operator:
  - {version: 1.18.6, kubeVersion: 1.18.0-0 - 1.35.x-O}
  - {version: 1.19.0, kubeVersion: 1.21.0-0 - 1.36.x-O}
  - {version: 1.19.1-rc1, kubeVersion: 1.21.0-0 - 1.36.x-O}
  - {version: 1.9.0, kubeVersion: 1.18.0-0 - 1.22.x-O}
  keda:
  - {version: 2.20.2, kubeVersion: ">=v1.23.0-0"}
  aws-load-balancer-controller:
  - {version: 3.4.0}
"""


class AccountOfTest(Account):
    """Answers by operation; anything else can't be read, for the reason given."""

    def __init__(self, answers: dict[str, Any], otherwise: Exception) -> None:
        self.region = "us-east-1"
        self.calls: list[str] = []
        self._of_test, self._otherwise = answers, otherwise

    def read(
        self, service: str, operation: str, *, region: str | None = None, **parameters: Any
    ) -> dict[str, Any]:
        self.calls.append(f"{service}:{operation}")
        name = parameters.get("addonName", "")
        answer = self._of_test.get(f"{operation} {name}".strip())
        if answer is None:
            raise self._otherwise
        return answer


REFUSED = UnreadableError("eks", "DescribeAddonVersions", "AccessDenied")

ANSWERS: dict[str, Any] = {
    "DescribeClusterVersions": {
        "clusterVersions": [
            {
                "clusterVersion": version,
                "endOfStandardSupportDate": datetime(2027, month, 1, tzinfo=UTC),
            }
            for version, month in (("1.35", 3), ("1.36", 8))
        ]
    },
    "DescribeDBMajorEngineVersions": {
        "DBMajorEngineVersions": [
            {
                "MajorEngineVersion": "16",
                "SupportedEngineLifecycles": [
                    {
                        "LifecycleSupportName": "open-source-rds-standard-support",
                        "LifecycleSupportEndDate": datetime(2029, 2, 28, tzinfo=UTC),
                    }
                ],
            }
        ]
    },
    "DescribeCacheEngineVersions": {"CacheEngineVersions": [{"EngineVersion": "7.1.0"}]},
    "DescribeAddonVersions coredns": {
        "addons": [
            {
                "addonVersions": [
                    {"addonVersion": "v1.13.2-eksbuild.21", "compatibilities": []},
                    {
                        "addonVersion": "v1.13.2-eksbuild.30",
                        "compatibilities": [{"defaultVersion": True}],
                    },
                ]
            }
        ]
    },
    "DescribeAddonVersions kube-proxy": {
        "addons": [{"addonVersions": [{"addonVersion": "v1.35.4-eksbuild.2"}]}]
    },
    "GetParameter": {"Parameter": {"Value": "1.35.6-20261120"}},
}


@pytest.fixture
def served() -> Iterator[Served]:
    with registry_server() as found:
        found.texts["/charts/index.yaml"] = INDEX
        found.texts["/pypi/pulumi/json"] = json.dumps(
            {"releases": {"3.272.0": [{}], "3.280.1": [{}], "3.281.0rc1": [{}], "9.9.9": []}}
        )
        found.tags["edoburu/pgbouncer"] = ["latest", "v1.26.1-p0", "v1.27.0-p1", "v1.28.0-rc1"]
        found.tags["library/postgres"] = ["16.14-alpine3.24", "16.15-alpine3.24", "18.6-alpine3.24"]
        found.tags["oliver006/redis_exporter"] = ["v1.87.0", "v1.89.0"]
        yield found


def asked_of(served: Served, pin: Pin) -> Pin:
    """The row with its registry in the test's own place, where it is one of those."""
    if pin.repository is not None:
        return pin.model_copy(update={"repository": f"{served.url}/charts"})
    hosted = pin.address.startswith(("oci://", "https://", "quay.io/"))
    return pin.model_copy(update={"address": ""}) if hosted else pin


def report_at(served: Served, stack: str = "prod") -> VersionsReport:
    report = report_of(settings_of(stack), TODAY)
    those = tuple(replace(each, pin=asked_of(served, each.pin)) for each in report.running)
    return replace(report, running=those)


def answers(served: Served, account: Account) -> dict[str, Newer]:
    registries = Registries(docker_hub=served.url, pypi=served.url)
    return {each.running.pin.name: each for each in ask(report_at(served), registries, account)}


@pytest.fixture
def found(served) -> dict[str, Newer]:
    return answers(served, AccountOfTest(ANSWERS, REFUSED))


@pytest.mark.parametrize(
    ("name", "newness", "newest"),
    [
        ("stackgres-operator", Newness.NEWER, "1.19.0"),
        ("keda", Newness.CURRENT, "2.20.2"),
        ("aws-load-balancer-controller", Newness.MISSING, "3.4.0"),
        ("pgbouncer", Newness.NEWER, "v1.27.0-p1"),
        ("postgres-client", Newness.NEWER, "16.15-alpine3.24"),
        ("redis-exporter", Newness.MISSING, "v1.89.0"),
        ("pulumi-sdk", Newness.NEWER, "3.280.1"),
        ("kubernetes", Newness.NEWER, "1.36"),
        ("rds-postgresql", Newness.CURRENT, "16"),
        ("elasticache-redis", Newness.CURRENT, "7.1"),
        ("coredns", Newness.NEWER, "v1.13.2-eksbuild.30"),
        ("kube-proxy", Newness.MISSING, "v1.35.4-eksbuild.2"),
        ("node-image", Newness.NEWER, "v20261120"),
        # A chart that its index lacks, an image that its registry has none of, a read refused.
        ("temporal", Newness.UNKNOWN, None),
        ("pgbouncer-exporter", Newness.UNKNOWN, None),
        ("vpc-cni", Newness.UNKNOWN, None),
    ],
)
def test_each_is_asked_where_it_comes_from(found, name, newness, newest):
    assert (found[name].newness, found[name].newest) == (newness, newest)


def test_a_chart_that_takes_the_next_kubernetes_is_told(found):
    assert "takes Kubernetes 1.36" in found["stackgres-operator"].says
    assert "standard support until 2027-08-01" in found["kubernetes"].says


def test_what_is_not_answered_or_not_offered_is_no_pass(found):
    fine = {name for name, each in found.items() if each.fine}
    assert {"keda", "coredns", "kubernetes"} <= fine
    assert not {"kube-proxy", "redis-exporter", "temporal", "vpc-cni"} & fine
    assert "AccessDenied" in found["vpc-cni"].says
    assert "404" in found["pgbouncer-exporter"].says


def test_nothing_is_asked_twice_of_an_index_and_nothing_but_reads_of_the_account(served):
    account = AccountOfTest(ANSWERS, REFUSED)
    answers(served, account)
    assert served.asked.count("/charts/index.yaml") == 1
    assert all(call.split(":")[1].startswith(("Describe", "Get", "List")) for call in account.calls)


def test_without_credentials_the_registries_still_answer(served):
    account = AccountOfTest({}, PreflightInputError("no credentials for AWS"))
    found = answers(served, account)
    assert found["keda"].newness is Newness.CURRENT
    assert found["kubernetes"] == Newer(
        running=found["kubernetes"].running, newness=Newness.UNKNOWN, says="no credentials for AWS"
    )
    assert len(account.calls) == 1


def test_a_registry_of_another_form_is_not_known(served):
    served.texts["/charts/index.yaml"] = "entries: [nothing]"
    served.texts["/pypi/pulumi/json"] = "<html>"
    found = answers(served, AccountOfTest(ANSWERS, REFUSED))
    assert {found[name].newness for name in ("keda", "pulumi-sdk")} == {Newness.UNKNOWN}


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that nobody listens on: bound, and never listened to."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_where_nobody_can_be_reached_there_is_no_report(closed_port):
    nowhere = Served()
    nowhere.url = f"http://127.0.0.1:{closed_port}"
    account = AccountOfTest({}, UnreadableError("eks", "any", "EndpointConnectionError"))
    with pytest.raises(NoNetworkError):
        answers(nowhere, account)


def test_online_without_a_network_is_one_sentence(monkeypatch, closed_port):
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port}")
    for name in ("NO_PROXY", "no_proxy", "AWS_PROFILE", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    result = CliRunner().invoke(app, ["check", "versions", "--stack", "dev", "--online"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines() == [
        "no network: neither a registry nor AWS can be reached from here"
    ]


@pytest.mark.parametrize(("newness", "code"), [(Newness.NEWER, 0), (Newness.UNKNOWN, 1)])
def test_a_newer_one_is_news_and_silence_no_pass(monkeypatch, newness, code):
    (row, *_) = running(settings_of("dev"))
    said = (Newer(running=row, newness=newness, newest="1.36", says="said"),)
    monkeypatch.setattr("rf.check.versions.online.ask", lambda *_: said)
    arguments = ["check", "versions", "--stack", "dev", "--on", "2026-11-30", "--online"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == code
    assert result.stdout.splitlines()[-1] == f"  Kubernetes 1.35: {newness}, 1.36 (said)"


def test_every_row_that_is_asked_has_someone_to_ask():
    for each in running(settings_of("prod", overrides=["queue.engine=rabbitmq"])):
        pin = each.pin
        assert pin.address or pin.kind.value == "engine" or pin.name == "citus-postgresql"
