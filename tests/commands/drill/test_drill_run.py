"""A runbook is played in order, stops where a step fails, and goes on from there."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rf.drill.control_planes import control_plane_of
from rf.drill.deployment import DeployedStack, digest_of, load_deployed
from rf.drill.losses import losses_of
from rf.drill.progress import NoProgressError, Progress, load_progress, play
from rf.drill.result import DrillResult
from rf.drill.steps import DrillStep, Duration, Lost, StepBasis, StepFailedError, Who
from rf.drill.view import clock, show, verdict
from rf.shared.cards.lifecycle import Created
from rf.shared.sandbox.registry import Request
from tests.stack_config import accepted

BUCKETS = "S3, making and configuring buckets in any region"


def step(name, seconds=60.0, *, fails=False, who=Who.AUTOMATIC, **options):
    """A step that notes in its world, a list, that it was done."""

    def verify(world):
        if fails:
            raise StepFailedError(f"{name} is not as it should be")
        return [f"{name} seen"]

    return DrillStep(
        name=name,
        title=name,
        who=who,
        command="",
        action=lambda world: world.append(name),
        verify=verify,
        duration=Duration(seconds=seconds, basis=StepBasis.SETTING, source="a test"),
        **options,
    )


def begun(**changes) -> Progress:
    return Progress(**({"stack": "prod", "lost": "primary", "chosen": [], "steps": []} | changes))


def outcome(runbook, progress, lost=Lost.PRIMARY, settings=None, **changes) -> DrillResult:
    chosen = settings or accepted(size="large")
    losses = losses_of(chosen, lost)
    return DrillResult(
        settings=chosen, progress=progress, runbook=runbook, losses=losses, **changes
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "progress.json"


def test_steps_are_done_in_order_and_each_is_verified(path: Path):
    world, progress = [], begun()
    play([step("one"), step("two")], world, progress, path)
    assert world == ["one", "two"]
    assert [each.seen for each in progress.done] == [["one seen"], ["two seen"]]
    assert progress.failed is None


def test_a_failing_step_ends_it_says_why_and_what_follows_is_not_begun(path: Path):
    world, progress = [], begun()
    play([step("one"), step("two", fails=True), step("three")], world, progress, path)
    assert world == ["one", "two"]
    assert (progress.failed, progress.reason) == ("two", "two is not as it should be")
    said = "\n".join(verdict(outcome([step("one"), step("two"), step("three")], progress)))
    assert "stopped at two: two is not as it should be" in said
    assert "--lose primary --resume" in said


def test_a_drill_told_to_fail_stops_before_that_step_acts_and_resumes_there(path: Path):
    world, progress = [], begun()
    runbook = [step("one"), step("two"), step("three")]
    play(runbook, world, progress, path, fail_at="two")
    assert (world, progress.failed) == (["one"], "two")

    resumed = load_progress(path, "prod", Lost.PRIMARY, [])
    play(runbook, world, resumed, path)
    assert world == ["one", "two", "three"]
    assert resumed.failed is None
    assert [each.name for each in resumed.done] == ["one", "two", "three"]


def test_a_drill_cut_off_between_two_steps_repeats_none_that_was_done(path: Path):
    def cut_off(world):
        raise KeyboardInterrupt

    world = []
    runbook = [step("one"), step("two")]
    broken = [runbook[0], replace(runbook[1], action=cut_off)]
    with pytest.raises(KeyboardInterrupt):
        play(broken, world, begun(), path)
    play(runbook, world, load_progress(path, "prod", Lost.PRIMARY, []), path)
    assert world == ["one", "two"]


def test_nothing_is_resumed_that_is_not_there_or_is_another_drill(path: Path):
    with pytest.raises(NoProgressError, match="nothing to resume"):
        load_progress(path, "prod", Lost.PRIMARY, [])
    begun(chosen=["--set worker.maxReplicas=9"]).save(path)
    with pytest.raises(NoProgressError, match=r"--set worker\.maxReplicas=9; resume that one"):
        load_progress(path, "prod", Lost.PRIMARY, [])
    with pytest.raises(NoProgressError, match="--stack prod --lose primary"):
        load_progress(path, "prod", Lost.ZONE, ["--set worker.maxReplicas=9"])


@pytest.mark.parametrize("text", ["", "[]", '{"format": 1, "stack": 3}', '{"format": 99}'])
def test_a_file_that_is_no_progress_is_refused_in_words(path: Path, text: str):
    path.write_text(text, encoding="utf-8")
    with pytest.raises(NoProgressError, match="start without --resume"):
        load_progress(path, "prod", Lost.PRIMARY, [])


def test_steps_alongside_count_once_and_what_follows_recovery_does_not_count():
    runbook = [
        step("database", 120),
        step("queue", 60, alongside=True),
        step("pooler", 37),
        step("verify", 900, who=Who.PERSON, within_rto=False),
    ]
    came = outcome(runbook, begun())
    assert [row.starts for row in came.rows] == [0, 0, 120, 157]
    assert (came.rto_seconds, came.by_people) == (157, 1)


def test_an_rto_or_rpo_over_its_target_fails_the_drill_though_every_step_was_done(path: Path):
    runbook = [step("restore", 3600)]
    progress = play(runbook, [], begun(), path)
    tight = accepted(size="small", disasterRecovery={"rtoMinutes": 59, "rpoMinutes": 4})
    came = outcome(runbook, progress, settings=tight)
    assert {miss.what for miss in came.misses} == {"RTO", "RPO of database", "RPO of jobs"}
    assert not came.passes
    assert "RTO is 1:00:00, over the target of 0:59:00" in verdict(came)
    roomy = accepted(size="small", disasterRecovery={"rtoMinutes": 60, "rpoMinutes": 5})
    assert outcome(runbook, progress, settings=roomy).passes


def test_a_standby_loses_nothing_committed_and_a_single_server_the_log_of_five_minutes():
    large, small = accepted(size="large"), accepted(size="small")
    assert losses_of(large, Lost.PRIMARY)[0].rpo_seconds == 0
    assert losses_of(small, Lost.PRIMARY)[0].rpo_seconds == 300


def test_people_see_the_timeline_and_machines_the_same_numbers(path: Path, capsys):
    runbook = [step("one", 90), step("two", 30, who=Who.PERSON)]
    progress = play(runbook, [], begun(), path, fail_at="two")
    came = outcome(runbook, progress)
    show(came, as_json=False)
    said = capsys.readouterr().out
    for text in ("+0:01:30", "an estimate: 0:02:00", "FAILED", "1 of 2 steps need a person"):
        assert text in said
    document = json.loads(json.dumps(came.to_json()))
    assert document["stoppedAt"] == "two"
    assert [each["startsSeconds"] for each in document["steps"]] == [0, 90]
    assert document["rto"] == {
        "estimatedSeconds": 120,
        "targetSeconds": 8 * 3600,
        "basis": "estimate",
    }


def test_a_clock_shows_hours_minutes_and_seconds():
    assert [clock(seconds) for seconds in (0, 59.6, 3661)] == ["0:00:00", "0:01:00", "1:01:01"]


def test_what_stands_is_found_again_by_what_it_was_made_from(tmp_path: Path):
    request = Request(
        urn="urn:one",
        token="aws:s3/bucket:Bucket",
        name="one",
        inputs={"bucket": "b"},
        planned={"bucket": "b"},
        invented={},
        region="us-east-1",
    )
    standing = DeployedStack()
    standing.note(request, Created("b", {"arn": "arn:aws:s3:::b"}))
    standing.save(tmp_path / "stack.json")
    found = load_deployed(tmp_path / "stack.json").resources["urn:one"]
    assert (found.id, found.digest) == ("b", digest_of({"bucket": "b"}))
    assert found.digest != digest_of({"bucket": "c"})
    assert (tmp_path / "stack.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("token", "region", "name"),
    [
        ("aws:iam/role:Role", "us-east-2", "IAM"),
        ("aws:route53/record:Record", "us-east-2", "Route 53, records and health checks"),
        ("aws:acm/certificate:Certificate", "us-east-1", "ACM, certificates of CloudFront"),
        ("aws:acm/certificate:Certificate", "us-east-2", None),
        (
            "aws:s3/bucketPolicy:BucketPolicy",
            "us-east-2",
            BUCKETS,
        ),
        ("aws:s3/bucketObject:BucketObject", "us-east-2", None),
        ("aws:rds/instance:Instance", "us-east-2", None),
    ],
)
def test_control_planes_that_stand_in_one_region_for_all_are_known(token, region, name):
    plane = control_plane_of(token, region)
    assert (plane.name if plane else None) == name
