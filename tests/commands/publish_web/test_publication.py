"""A build into a bucket: what visitors get before, during and after, and when it is cut off."""

import signal
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import boto3
import pytest
from moto import mock_aws

from rf.publish_web.frontend import IMMUTABLE, REVALIDATED, read_frontend
from rf.publish_web.publication import POLL_SECONDS, plan_publication, publish
from rf.publish_web.store import PublishError, Store
from rf.shared.termination import Stopped, stopping_cleanly

WEEK = timedelta(days=7)
OLD = {
    "index.html": "<script src=/assets/main.aaaa1111.js>",
    "assets/main.aaaa1111.js": "old",
    "assets/vendor.cccc3333.js": "vendor",
    "favicon.svg": "<svg>old",
}
NEW = {
    "index.html": "<script src=/assets/main.bbbb2222.js>",
    "assets/main.bbbb2222.js": "new",
    "assets/vendor.cccc3333.js": "vendor",
    "favicon.svg": "<svg>new",
    "robots.txt": "User-agent: *",
}


class Site:
    """An emulated bucket and distribution, and builds to put there."""

    def __init__(self, tmp_path, clients):
        self.s3, self.cloudfront = clients
        self.bucket = f"researchflow-{uuid4()}"
        self.s3.create_bucket(Bucket=self.bucket)
        self.s3.put_bucket_versioning(
            Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"}
        )
        self.distribution = _distribution(self.cloudfront)
        self.store = Store(self.s3, self.cloudfront, self.bucket, self.distribution)
        self.builds = tmp_path
        self.steps = []

    def build(self, files):
        directory = self.builds / str(len(list(self.builds.iterdir())))
        for key, text in files.items():
            path = directory / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return read_frontend(directory)

    def plan(self, files, *, grace=WEEK, now=None):
        return plan_publication(self.store, self.build(files), grace=grace, now=now)

    def publish(self, files, **options):
        publication = self.plan(files, **options)
        publish(self.store, publication, lambda *step: self.steps.append(step), sleep=self.no_sleep)
        return publication

    def no_sleep(self, seconds):
        self.steps.append(("slept", seconds))

    def served(self):
        """What the edge would serve, by key."""
        listed = self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])
        keys = [entry["Key"] for entry in listed]
        return {key: self.text(key) for key in keys if not key.startswith(".releases/")}

    def text(self, key):
        return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read().decode()

    def invalidations(self):
        listed = self.cloudfront.list_invalidations(DistributionId=self.distribution)
        ids = [entry["Id"] for entry in listed["InvalidationList"].get("Items", [])]
        return [
            self.cloudfront.get_invalidation(DistributionId=self.distribution, Id=one)[
                "Invalidation"
            ]["InvalidationBatch"]["Paths"]["Items"]
            for one in ids
        ]


def _distribution(cloudfront):
    origin = {
        "Id": "static",
        "DomainName": "x.s3.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    behavior = {"TargetOriginId": "static", "ViewerProtocolPolicy": "https-only"}
    config = {
        "CallerReference": str(uuid4()),
        "Comment": "researchflow-test",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": behavior,
    }
    return cloudfront.create_distribution(DistributionConfig=config)["Distribution"]["Id"]


@pytest.fixture(scope="module")
def clients():
    """Clients take a second to make, so the tests share them; each has a bucket of its own."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        session = boto3.Session(region_name="us-east-1")
        yield session.client("s3"), session.client("cloudfront")


@pytest.fixture
def site(tmp_path, clients):
    return Site(tmp_path, clients)


def test_files_arrive_with_their_type_and_their_time_to_live(site):
    site.publish(OLD)
    heads = {key: site.s3.head_object(Bucket=site.bucket, Key=key) for key in OLD}
    assert heads["index.html"]["CacheControl"] == REVALIDATED
    assert heads["index.html"]["ContentType"] == "text/html; charset=utf-8"
    assert heads["assets/main.aaaa1111.js"]["CacheControl"] == IMMUTABLE
    assert heads["assets/main.aaaa1111.js"]["ContentType"] == "text/javascript; charset=utf-8"
    assert heads["favicon.svg"]["CacheControl"] == REVALIDATED


def test_index_comes_last_and_the_edge_forgets_it_alone(site):
    site.publish(OLD)
    publication = site.publish(NEW)
    assert [file.key for file in publication.uploads] == [
        "assets/main.bbbb2222.js",
        "favicon.svg",
        "robots.txt",
        "index.html",
    ]
    assert site.invalidations() == [["/index.html"], ["/index.html"]]


def test_the_old_sites_files_stay_for_the_grace_and_go_after_it(site):
    site.publish(OLD)
    site.publish(NEW)
    assert site.served() == {**NEW, "assets/main.aaaa1111.js": "old"}
    later = datetime.now(UTC) + WEEK + timedelta(minutes=1)
    publication = site.publish(NEW, now=later)
    assert publication.uploads == []
    assert site.served() == NEW
    assert len(site.invalidations()) == 2, "nothing new to forget"


def test_the_same_site_again_does_nothing(site):
    site.publish(NEW)
    again = site.plan(NEW)
    assert (again.uploads, again.deleted, again.invalidates) == ([], [], False)


def test_going_back_to_an_older_site_is_a_publication_like_any_other(site):
    site.publish(OLD)
    site.publish(NEW)
    site.publish(OLD)
    assert {key: site.text(key) for key in OLD} == OLD


def test_a_hashed_file_with_other_content_is_refused(site):
    site.publish(OLD)
    with pytest.raises(PublishError, match=r"main\.aaaa1111\.js"):
        site.plan({**OLD, "assets/main.aaaa1111.js": "other"})


def test_a_plan_changes_nothing(site):
    site.publish(OLD)
    before = site.s3.list_object_versions(Bucket=site.bucket)["Versions"]
    site.plan(NEW)
    assert site.s3.list_object_versions(Bucket=site.bucket)["Versions"] == before


WRITES = {"PutObject", "DeleteObjects", "CreateInvalidation"}


@pytest.fixture
def cut(site):
    """Count the calls that change something; at the one numbered `at`, be interrupted."""
    hooks = []

    def run(at=None):
        calls = []

        def hook(model, **_):
            if model.name in WRITES:
                calls.append(model.name)
                if len(calls) - 1 == at:
                    raise KeyboardInterrupt

        hooks.append(hook)
        for client in (site.s3, site.cloudfront):
            client.meta.events.register("before-call", hook)
        return calls

    yield run
    for hook in hooks:
        for client in (site.s3, site.cloudfront):
            client.meta.events.unregister("before-call", hook)


# Four files, three records before them, between and after, the deletion, the invalidation, and the
# record that it is done; the test below counts them.
STEPS = 10


def test_the_steps_of_a_publication_are_counted(site, cut):
    site.publish(OLD)
    site.s3.put_object(Bucket=site.bucket, Key="stray.txt", Body=b"x")
    calls = cut()
    site.publish(NEW, grace=timedelta(0), now=datetime.now(UTC) + timedelta(seconds=5))
    assert len(calls) == STEPS


@pytest.mark.parametrize("cut_at", range(STEPS))
def test_a_run_cut_off_at_any_step_leaves_one_site_whole_and_the_next_run_completes_it(
    site, cut, cut_at
):
    site.publish(OLD)
    site.s3.put_object(Bucket=site.bucket, Key="stray.txt", Body=b"x")
    calls = cut(cut_at)
    soon = datetime.now(UTC) + timedelta(seconds=5)
    publication = site.plan(NEW, grace=timedelta(0), now=soon)
    with pytest.raises(KeyboardInterrupt):
        publish(site.store, publication, lambda *_: None, sleep=site.no_sleep)
    assert len(calls) == cut_at + 1, "nothing but taking back happens after the cut"
    now_served = site.served()
    whole = OLD if now_served["index.html"] == OLD["index.html"] else NEW
    assert {key: now_served.get(key) for key in whole} == whole
    site.publish(NEW)
    assert {key: site.text(key) for key in NEW} == NEW
    assert site.plan(NEW).invalidates is False
    assert site.invalidations()[-1] == ["/index.html"]
    # Whoever opened the old site before can still load its parts.
    assert site.text("assets/main.aaaa1111.js") == "old"


@pytest.mark.parametrize("cut_at", range(STEPS))
def test_a_run_that_is_told_to_stop_leaves_one_site_whole_and_says_which(site, capsys, cut_at):
    site.publish(OLD)
    site.s3.put_object(Bucket=site.bucket, Key="stray.txt", Body=b"x")
    publication = site.plan(NEW, grace=timedelta(0), now=datetime.now(UTC) + timedelta(seconds=5))
    calls = []

    def hook(model, **_):
        if model.name in WRITES:
            calls.append(model.name)
            if len(calls) - 1 == cut_at:
                signal.raise_signal(signal.SIGTERM)

    for client in (site.s3, site.cloudfront):
        client.meta.events.register("before-call", hook)

    def command():
        with stopping_cleanly():
            publish(site.store, publication, lambda *_: None, sleep=site.no_sleep)

    try:
        with pytest.raises(Stopped):
            command()
    finally:
        for client in (site.s3, site.cloudfront):
            client.meta.events.unregister("before-call", hook)
    now_served = site.served()
    new = now_served["index.html"] == NEW["index.html"]
    whole = NEW if new else OLD
    assert {key: now_served.get(key) for key in whole} == whole
    said = capsys.readouterr().err
    assert ("the new site, which visitors get" in said) == new
    assert ("files that no page asks for" in said) != new


def test_an_answer_lost_after_index_was_written_leaves_the_new_site(site):
    site.publish(OLD)
    publication = site.plan(NEW)

    put = site.store.put_file

    def put_and_lose(file):
        version = put(file)
        if file.key == "index.html":
            raise PublishError("can't upload index.html: the answer was lost")
        return version

    site.store.put_file = put_and_lose
    with pytest.raises(PublishError, match="lost"):
        publish(site.store, publication, lambda *_: None, sleep=site.no_sleep)
    assert {key: site.text(key) for key in NEW} == NEW


def test_waiting_for_the_edge_shows_progress_and_ends(site):
    answers = iter([False, False, True])
    site.store.invalidated = lambda _: next(answers)
    site.publish(OLD)
    waits = [step for step in site.steps if step[0].startswith("waiting")]
    assert [done for _, done, _ in waits] == [0, POLL_SECONDS]
    site.store.invalidated = lambda _: False
    with pytest.raises(PublishError, match="not complete after 900 s"):
        site.publish(NEW)
    assert site.text("index.html") == NEW["index.html"]


def test_a_bucket_that_is_not_there_is_a_sentence(site):
    store = Store(site.s3, site.cloudfront, "elsewhere", site.distribution)
    with pytest.raises(PublishError, match="NoSuchBucket"):
        plan_publication(store, site.build(OLD), grace=WEEK)
