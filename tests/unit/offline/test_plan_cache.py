"""Kept plans: found when nothing changed, missed when anything did, and never trusted blindly."""

import stat
import subprocess
import sys
from dataclasses import replace

import pytest

from rf.shared import plan_cache
from rf.shared.plan import RecordedPlan, RecordedResource, Secret, reveal
from rf.shared.plan_cache import FILES, FOLDERS, OFF, PlanCache, PlanQuestion, ingredients
from rf.shared.project import PROJECT_ROOT
from scaleplan.observability.alerts import SECRET_KEYS

OWN = "4f1e5c7a90b24d6f8e3a1c5b7d9f0e2a"


def recorded(name: str = "a") -> RecordedPlan:
    resource = RecordedResource(
        urn=f"urn:pulumi:dev::researchflow::random:index/randomPassword:RandomPassword::{name}",
        type="random:index/randomPassword:RandomPassword",
        name=name,
        parent="",
        custom=True,
        provider="p::id",
        inputs={"length": 40, "keepers": [{"one": Secret({"deep": [Secret("x"), 2.5]})}]},
        dependencies=("u", "v"),
        property_dependencies={"length": ("u",)},
        protect=True,
        retain_on_delete=False,
        ignore_changes=("length",),
        aliases=(),
        resource_id="none",
        outputs={"result": Secret("invented"), "null": None, "whole": (1, 2)},
    )
    return RecordedPlan(
        project="researchflow",
        stack="dev",
        size="small",
        resources=(resource,),
        outputs={"url": Secret("postgres://invented"), "count": 3},
    )


HOME = PlanQuestion(project="researchflow", stack="prod", config={"size": "large"}, unknowns=False)
QUESTION = PlanQuestion(
    project="researchflow",
    stack="prod-eu",
    config={"size": "large", "cell": {"home": "prod"}},
    unknowns=False,
    read=HOME,
)


@pytest.fixture(autouse=True)
def _switched_on(monkeypatch):
    monkeypatch.delenv(OFF, raising=False)


@pytest.fixture
def root(tmp_path):
    """A project with one file for each ingredient."""
    found = tmp_path / "project"
    for path in written(found):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("1", encoding="utf-8")
    return found


def written(root):
    inside = [root / folder / "below" / "data.yaml" for folder in FOLDERS]
    return [*inside, *(root / pattern.replace("*", "-x") for pattern in FILES)]


@pytest.fixture
def cache(tmp_path, root):
    """A cache as each new process has it."""
    return lambda: PlanCache(tmp_path / "plans", root)


@pytest.fixture
def entry(tmp_path, cache):
    """The file of one kept plan."""
    cache().put(QUESTION, recorded())
    (path,) = (tmp_path / "plans").glob("*.plan")
    return path


def test_a_kept_plan_is_the_recorded_one_with_its_secrets_still_secret(cache):
    plan = recorded()
    cache().put(QUESTION, plan)
    kept = cache().get(QUESTION)
    assert kept == plan
    assert repr(kept) == repr(plan)
    assert reveal(kept.resources[0].inputs) == reveal(plan.resources[0].inputs)
    assert kept.to_json() == plan.to_json()
    assert "invented" not in kept.to_json()


def test_a_changed_copy_of_a_kept_plan_is_written_anew(cache):
    cache().put(QUESTION, recorded())
    changed = replace(cache().get(QUESTION), size="medium")
    assert '"size": "medium"' in changed.to_json()


@pytest.mark.parametrize("place", range(len(FOLDERS) + len(FILES)))
def test_a_change_in_any_file_of_program_recorder_rules_and_requirements_is_a_miss(
    root, cache, place
):
    cache().put(QUESTION, recorded())
    assert cache().get(QUESTION) is not None
    written(root)[place].write_text("2", encoding="utf-8")
    assert cache().get(QUESTION) is None


def test_a_new_file_and_a_renamed_one_are_a_miss(root, cache):
    cache().put(QUESTION, recorded())
    new = root / "scaleplan" / "new.py"
    new.write_text("", encoding="utf-8")
    assert cache().get(QUESTION) is None
    cache().put(QUESTION, recorded())
    new.rename(new.with_name("newer.py"))
    assert cache().get(QUESTION) is None


@pytest.mark.parametrize(
    "other",
    [
        replace(QUESTION, stack="prod"),
        replace(QUESTION, project="other"),
        replace(QUESTION, unknowns=True),
        replace(QUESTION, config={**QUESTION.config, "size": "medium"}),
        replace(QUESTION, config={**QUESTION.config, "worker": {"maxReplicas": 9}}),
        replace(QUESTION, read=None),
        replace(QUESTION, read=replace(HOME, config={"size": "small"})),
    ],
    ids=["stack", "project", "unknowns", "stack file", "override", "no other", "other's file"],
)
def test_another_question_is_a_miss(cache, other):
    cache().put(QUESTION, recorded())
    assert cache().get(other) is None


def test_another_python_and_another_version_of_a_package_are_a_miss(cache, tmp_path, monkeypatch):
    cache().put(QUESTION, recorded())
    with monkeypatch.context() as other:
        other.setattr(sys, "version", "3.99.0 (other)")
        assert cache().get(QUESTION) is None
    (tmp_path / "packages" / "pulumi_aws-99.0.0.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))
    assert cache().get(QUESTION) is None


def test_what_a_plan_does_not_depend_on_is_no_miss(root, cache):
    cache().put(QUESTION, recorded())
    for name in ("README.md", "tests/test_a.py", "scaleplan/__pycache__/a.pyc", "Pulumi.dev.yaml"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x", encoding="utf-8")
    assert cache().get(QUESTION) is not None


def test_the_variable_switches_it_off(cache, tmp_path, monkeypatch):
    cache().put(QUESTION, recorded())
    monkeypatch.setenv(OFF, "1")
    assert cache().get(QUESTION) is None
    cache().put(replace(QUESTION, unknowns=True), recorded())
    assert len(list((tmp_path / "plans").glob("*.plan"))) == 1


@pytest.mark.parametrize("key", SECRET_KEYS)
def test_nothing_is_kept_of_a_plan_with_a_secret_that_somebody_gave(cache, tmp_path, key):
    given = replace(QUESTION, config={**QUESTION.config, key: OWN})
    for question in (given, replace(QUESTION, read=given)):
        cache().put(question, recorded(OWN))
        assert cache().get(question) is None
    assert not [path for path in tmp_path.rglob("*") if OWN.encode() in path.name.encode()]
    assert not list(tmp_path.rglob("*.plan"))
    stand_in = replace(QUESTION, config={**QUESTION.config, key: SECRET_KEYS[key]})
    cache().put(stand_in, recorded())
    assert cache().get(stand_in) is not None


@pytest.mark.parametrize("part", [slice(0, 0), slice(0, 20), slice(0, -1), slice(1, None)])
def test_a_damaged_entry_is_not_read(cache, entry, part):
    entry.write_bytes(entry.read_bytes()[part])
    assert cache().get(QUESTION) is None


def test_one_changed_bit_is_seen(cache, entry):
    content = bytearray(entry.read_bytes())
    content[-1] ^= 1
    entry.write_bytes(content)
    assert cache().get(QUESTION) is None


def test_an_entry_of_another_folder_or_of_another_question_is_not_read(
    cache, entry, root, tmp_path
):
    foreign = PlanCache(tmp_path / "foreign", root)
    foreign.put(QUESTION, recorded("b"))
    (other,) = (tmp_path / "foreign").glob("*.plan")
    cache().put(replace(QUESTION, unknowns=True), recorded("c"))
    (unknowns,) = set((tmp_path / "plans").glob("*.plan")) - {entry}
    for content in (other.read_bytes(), unknowns.read_bytes()):
        entry.write_bytes(content)
        assert cache().get(QUESTION) is None


def test_key_and_entries_are_their_owners_alone(cache, entry, tmp_path):
    for path in (entry, tmp_path / "plans" / "key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_that_others_can_read_signs_nothing(cache, entry, tmp_path):
    (tmp_path / "plans" / "key").chmod(0o644)
    assert cache().get(QUESTION) is None


def test_the_oldest_entries_go_first(cache, tmp_path, monkeypatch):
    import os

    monkeypatch.setattr(plan_cache, "MOST_ENTRIES", 3)
    asked = [replace(QUESTION, config={"number": number}) for number in range(5)]
    for age, question in enumerate(asked):
        cache().put(question, recorded())
        for path in (tmp_path / "plans").glob("*.plan"):
            if path.stat().st_mtime > 1000:
                os.utime(path, (age, age))
    assert [cache().get(question) is not None for question in asked] == [False, False, True] + [
        True
    ] * 2


WRITER = """
import sys
from pathlib import Path
from rf.shared.plan_cache import PlanCache
from tests.unit.offline.test_plan_cache import QUESTION, recorded
for _ in range(20):
    own = PlanCache(Path(sys.argv[1]), Path(sys.argv[2]))
    own.put(QUESTION, recorded())
    assert own.get(QUESTION) == recorded()
"""


def test_writers_and_readers_at_once_never_see_half_a_plan(tmp_path, root):
    arguments = [str(tmp_path / "plans"), str(root)]
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, *arguments], cwd=PROJECT_ROOT)
        for _ in range(4)
    ]
    assert [writer.wait() for writer in writers] == [0] * len(writers)


def test_a_folder_that_can_not_be_written_costs_only_time(tmp_path, root):
    (tmp_path / "file").write_text("", encoding="utf-8")
    cache = PlanCache(tmp_path / "file" / "plans", root)
    cache.put(QUESTION, recorded())
    assert cache.get(QUESTION) is None


def test_each_ingredient_is_there_in_this_project():
    found = {
        path.relative_to(plan_cache.PROJECT_ROOT).as_posix()
        for path in ingredients(plan_cache.PROJECT_ROOT)
    }
    assert {
        "__main__.py",
        "Pulumi.yaml",
        "requirements.txt",
        "rf/shared/offline/record.py",
    } <= found
    assert "scaleplan/plan.yaml" in found
    assert not [name for name in found if "__pycache__" in name or name.startswith("tests/")]
