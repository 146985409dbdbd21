"""Mocks for tests in the form of Pulumi's guide: what they answer, and what they refuse."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.recovery.primary_site import PrimarySite, PrimarySiteArgs
from researchflow_testing import Mocks, build
from rf.shared.offline.invention import LookupRefusedError
from rf.shared.offline.record import record_function
from rf.shared.offline.violations import OfflineError

__all__ = ["build"]

BUCKET = "aws:s3/bucket:Bucket"


def run(mocks: pulumi.runtime.Mocks, body: Callable[[], Any]) -> None:
    """A test with these mocks; whatever other tests have set stays as it is."""

    def mocked() -> None:
        pulumi.runtime.set_mocks(mocks, project="researchflow", stack="test")
        pulumi.runtime.test(body)()

    contextvars.copy_context().run(mocked)


def test_every_declared_output_is_answered_and_nested_inputs_stay():
    def body():
        bucket = aws.s3.Bucket("files", bucket="researchflow-files")

        def look(known):
            assert known["arn"] == "arn:aws:s3:::researchflow-files"
            assert known["name"] == "researchflow-files"

        return pulumi.Output.all(arn=bucket.arn, name=bucket.bucket).apply(look)

    run(Mocks(), body)


def test_a_provider_s_region_is_that_of_its_resources():
    def body():
        there = aws.Provider("there", region="eu-west-1")
        topic = aws.sns.Topic("topic", opts=pulumi.ResourceOptions(provider=there))

        def look(arn):
            assert arn.startswith("arn:aws:sns:eu-west-1:")

        return topic.arn.apply(look)

    run(Mocks(), body)


def test_a_whole_number_arrives_whole():
    mocks = Mocks()
    run(mocks, lambda: aws.cloudwatch.LogGroup("log", retention_in_days=30).arn)
    days = mocks.inputs("aws:cloudwatch/logGroup:LogGroup", "log")["retentionInDays"]
    assert (days, type(days)) == (30, int)


def test_a_secret_input_is_revealed():
    mocks = Mocks()
    run(mocks, lambda: aws.ssm.Parameter("p", type="SecureString", value=pulumi.Output.secret("x")))
    assert mocks.inputs("aws:ssm/parameter:Parameter", "p")["value"] == "x"


def test_a_misspelt_key_is_refused_with_the_nearest():
    def body():
        # A dict, as the SDK also takes it: it passes its keys on unread.
        versioning: Any = {"enabeld": True}
        return aws.s3.Bucket("files", versioning=versioning).id

    with pytest.raises(OfflineError, match="nearest: enabled"):
        run(Mocks(), body)


def test_what_is_not_registered_is_refused_with_the_nearest():
    mocks = Mocks()
    run(mocks, lambda: aws.s3.Bucket("files", bucket="b").id)
    with pytest.raises(KeyError, match="nearest: files"):
        mocks.inputs(BUCKET, "flies")
    with pytest.raises(KeyError, match=f"nearest: {BUCKET}"):
        mocks.inputs("aws:s3/buckets:Bucket", "files")
    with pytest.raises(KeyError, match="nearest: bucket"):
        mocks.inputs(BUCKET, "files")["buckte"]


def test_what_was_not_built_is_refused_with_the_nearest(build):
    def construct(opts):
        aws.s3.Bucket("files", bucket="b", opts=opts)
        pulumi.export("url", "https://example.com")

    built = build(construct)
    with pytest.raises(KeyError, match="nearest: files"):
        built.named(BUCKET, "flies")
    with pytest.raises(KeyError, match=f"nearest: {BUCKET}"):
        built.named("aws:s3/buckets:Bucket", "files")
    with pytest.raises(KeyError, match="nearest: bucket"):
        built.inputs(BUCKET, "files")["buckte"]
    with pytest.raises(KeyError, match="nearest: url"):
        built.exported["urll"]


def test_an_unknown_lookup_is_refused_with_the_nearest():
    with pytest.raises(LookupRefusedError, match="nearest: aws:index/getCallerIdentity"):
        run(Mocks(), lambda: pulumi.runtime.invoke("aws:index/getCallerIdentities:x", {}).value)
    run(Mocks(), lambda: aws.get_caller_identity().account_id)


def test_what_exists_already_is_refused():
    with pytest.raises(LookupRefusedError, match="files: get"):
        run(Mocks(), lambda: aws.s3.Bucket.get("files", "researchflow-files").arn)


SITE = {
    "recovery": {
        "dataKeyArn": "key",
        "databaseArn": "database",
        "automatedBackupArn": "backup",
        "buckets": {"artifacts": "a", "citus": "c"},
        "siteCheckId": "check",
    },
    "zoneId": "Z1",
}


def test_another_stack_s_outputs_are_those_that_were_given():
    def body():
        site = PrimarySite("primary", PrimarySiteArgs(stack="acme/researchflow/prod"))

        def look(zone):
            assert zone == "Z1"

        return site.zone_id.apply(look)

    run(Mocks(references={"prod": SITE}), body)
    with pytest.raises(LookupRefusedError, match="nearest: prods"):
        run(Mocks(references={"prods": SITE}), body)


def test_the_recorder_leaves_the_event_loop_as_it_was():
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        record_function(lambda: None, project="researchflow", stack="test")
        assert asyncio.get_event_loop() is loop
        assert not loop.is_closed()
    finally:
        asyncio.set_event_loop(None)
        loop.close()
