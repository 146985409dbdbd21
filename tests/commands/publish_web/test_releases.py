"""What may be deleted, and when."""

from datetime import UTC, datetime, timedelta

import pytest

from rf.publish_web.releases import FrontendRelease, deletable, expired_releases, live_release

DAY = timedelta(days=1)
START = datetime(2026, 11, 1, tzinfo=UTC)
GRACE = 7 * DAY


def release(name, day, *files, live=True):
    moment = START + day * DAY
    digests = {"index.html": f"index-{name}", **{file: f"digest-{file}" for file in files}}
    return FrontendRelease(
        name=name, created=moment, live_since=moment if live else None, files=digests
    )


FIRST = release("first", 0, "a.js")
SECOND = release("second", 10, "b.js")
THIRD = release("third", 20, "c.js")


@pytest.mark.parametrize(
    ("day", "expired"), [(10.5, []), (17, []), (17.1, ["first"]), (27, ["first"])]
)
def test_a_release_is_kept_for_the_grace_after_it_was_replaced(day, expired):
    live = THIRD if day >= 20 else SECOND
    known = [FIRST, SECOND, THIRD] if day >= 20 else [FIRST, SECOND]
    found = expired_releases(known, live, START + day * DAY, GRACE)
    assert [r.name for r in found] == expired


def test_the_live_release_never_expires():
    assert expired_releases([FIRST], FIRST, START + 1000 * DAY, GRACE) == []


def test_files_of_expired_releases_and_their_records_go_and_shared_ones_stay():
    live = release("third", 20, "c.js", "a.js")
    stored = dict.fromkeys(["index.html", "a.js", "b.js", "c.js", FIRST.key, SECOND.key], START)
    now = START + 40 * DAY
    assert deletable(stored, [FIRST, SECOND, live], live, now, GRACE) == [
        FIRST.key,
        SECOND.key,
        "b.js",
    ]


def test_a_release_that_never_went_live_replaces_none_and_is_given_up_after_the_grace():
    cut_off = release("cut-off", 5, "x.js", live=False)
    stored = {"x.js": START + 5 * DAY, "a.js": START}
    known = [FIRST, cut_off, SECOND]
    assert deletable(stored, known, SECOND, START + 11 * DAY, GRACE) == []
    assert deletable(stored, known, SECOND, START + 13 * DAY, GRACE) == [cut_off.key, "x.js"]


def test_a_file_that_came_in_by_hand_gets_the_same_grace():
    stored = {"old.txt": START, "new.txt": START + 19 * DAY}
    now = START + 20 * DAY
    assert deletable(stored, [THIRD], THIRD, now, GRACE) == ["old.txt"]


def test_the_live_release_is_the_one_whose_index_is_in_the_bucket():
    cut_off = release("cut-off", 20, live=False)
    since = START + 21 * DAY
    found = live_release([FIRST, SECOND, cut_off], "index-cut-off", since)
    assert found is not None
    assert (found.name, found.live_since) == ("cut-off", since)
    assert live_release([FIRST, SECOND, cut_off], "index-second", since) == SECOND
    assert live_release([FIRST], "by hand", since) is None
    assert live_release([FIRST], None, None) is None


def test_a_record_survives_its_text():
    again = FrontendRelease.from_json(FIRST.key, FIRST.to_json())
    assert again == FIRST


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 2}', '{"format": 1}'])
def test_what_is_no_record_is_refused_by_name(text):
    with pytest.raises(ValueError, match=r"first\.json"):
        FrontendRelease.from_json(FIRST.key, text)
