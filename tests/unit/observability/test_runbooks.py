"""Every alert has its page, every page its alert, and every link leads somewhere."""

import re

import pytest

from rendering.observability.alerting.rule import RUNBOOKS
from rendering.observability.alerting.subject import Subject
from rendering.observability.prometheus_rules import alerts, rule_groups
from rf.shared.project import PROJECT_ROOT
from scaleplan.model import load_plan
from tests.stack_config import accepted

FOLDER = PROJECT_ROOT / RUNBOOKS
STACKS = (
    {"size": "small"},
    {"size": "large", "sharding": {"stage": "parallel"}},
    {"size": "large", "queue": {"engine": "rabbitmq"}},
)
SUBJECTS = [Subject(load_plan(), accepted(**stack)) for stack in STACKS]
ALERTS = {
    alert.name: alert
    for subject in SUBJECTS
    for group in alerts(subject).values()
    for alert in group
}
PAGES = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")


def test_every_alert_has_a_page_and_every_page_an_alert():
    assert {alert.runbook for alert in ALERTS.values()} == {page.name for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_says_what_it_means_where_to_look_what_to_do_and_when_to_call(page):
    text = page.read_text("utf-8")
    name = text.splitlines()[0].removeprefix("# ")
    assert ALERTS[name].runbook == page.name
    parts = re.split(r"^## ", text, flags=re.M)[1:]
    headings = [part.splitlines()[0] for part in parts]
    assert headings == ["What it means", "First look", "What to do", "When to escalate"]
    for part in parts:
        assert len(part.split()) > 5
    for commands in (parts[1], parts[2]):
        assert re.search(r"```sh\n(?:kubectl|aws|curl|pulumi|python) ", commands), page.name


@pytest.mark.parametrize("page", [*PAGES, FOLDER / "README.md"], ids=lambda page: page.stem)
def test_every_link_and_every_page_named_is_there(page):
    text = page.read_text("utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (page.parent / target).is_file(), target
    for path in re.findall(r"`((?:docs|scaleplan)/[\w./-]+)`", text):
        assert (PROJECT_ROOT / path).is_file(), path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_settings_that_a_page_names_exist(page):
    settings = accepted().model_dump(by_alias=True)
    for section, body in re.findall(r"researchflow:(\w+): \{(\w+)", page.read_text("utf-8")):
        if section.isupper():
            continue
        assert body in settings[section], (section, body)


def test_the_annotation_leads_to_the_page():
    base = "https://git.example.com/researchflow/docs/runbooks"
    linked = Subject(load_plan(), accepted(alerts={"runbooksUrl": base}))
    for subject, start in ((SUBJECTS[0], RUNBOOKS), (linked, base)):
        for group in rule_groups(subject):
            for rule in group["rules"]:
                if "alert" not in rule:
                    continue
                url = rule["annotations"]["runbook_url"]
                assert url.startswith(f"{start}/")
                assert (FOLDER / url.removeprefix(f"{start}/")).is_file()


def test_every_alert_says_what_to_do_who_hears_of_it_and_why_it_waits():
    for alert in ALERTS.values():
        rule = alert.as_rule(RUNBOOKS)
        assert {"summary", "action", "for_reason", "runbook_url"} == set(rule["annotations"])
        assert all(rule["annotations"].values())
        assert rule["labels"]["route"] in {"page", "ticket", "none"}


def test_the_plans_actions_stand_in_its_alerts():
    plan = load_plan().thresholds
    for name, threshold in {
        "WorkloadCpuHigh": plan.cpu_utilization,
        "WorkloadMemoryHigh": plan.memory_utilization,
        "QueueDepthHigh": plan.queue_depth,
        "PostgresConnectionsHigh": plan.database_connections,
        "ResponseLatencyHigh": plan.response_latency,
    }.items():
        assert ALERTS[name].action.startswith(threshold.action)


def test_a_changed_size_changes_its_alerts():
    small = Subject(load_plan(), accepted())
    larger = Subject(load_plan(), accepted(pgbouncer={"defaultPoolSize": 40}))

    def saturation(subject):
        (rule,) = [
            rule["expr"]
            for group in rule_groups(subject)
            for rule in group["rules"]
            if rule.get("record") == "pgbouncer:pool_used_percent"
        ]
        return rule

    assert saturation(small).endswith("/ 25")
    assert saturation(larger).endswith("/ 45")
