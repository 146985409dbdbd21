"""The edge on the embedded AWS: distribution, bucket and records, and a site published into it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import boto3
import pytest

from rf.publish_web.frontend import IMMUTABLE, REVALIDATED, read_frontend
from rf.publish_web.publication import plan_publication, publish
from rf.publish_web.store import PublishError, Store
from rf.publish_web.target import Clients, store_of
from rf.shared.sandbox.comparisons import ReadBack
from rf.shared.sandbox.emulator import Emulator
from rf.up.bring_up import bring_up
from rf.up.result import SandboxResult
from scaleplan.config.parsing import parse
from tests.sandbox.conftest import lending
from tests.stack_config import MINIMAL

PROGRAM = """
import pulumi
import pulumi_aws as aws

from components.edge.edge import Edge, EdgeArgs
from components.shared.place import Place
from rendering.edge.functions import CellNames
from scaleplan.model import load_plan
from scaleplan.sizes import EdgeSettings, PriceClass

provider = aws.Provider("aws", region="us-east-1")
on_aws = pulumi.ResourceOptions(provider=provider)
bucket = aws.s3.Bucket(
    "web", bucket="researchflow-tiny-static-123456789012-us-east-1", opts=on_aws
)
versions = aws.s3.BucketVersioning(
    "web",
    bucket=bucket.bucket,
    versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
    opts=on_aws,
)
zone = aws.route53.Zone("zone", name="flow.example.org", opts=on_aws)
Edge(
    "edge",
    EdgeArgs(
        place=Place(
            prefix="researchflow-tiny",
            account_id="123456789012",
            region="us-east-1",
            availability_zones=(),
            tags={},
            protect=False,
        ),
        settings=EdgeSettings(
            waf=True, price_class=PriceClass.PRICE_CLASS_100, origin_shield=True
        ),
        plan=load_plan().edge,
        static_bucket_name=bucket.bucket,
        static_bucket_arn=bucket.arn,
        static_bucket_regional_domain_name=bucket.bucket_regional_domain_name,
        load_balancer_arn=(
            "arn:aws:elasticloadbalancing:us-east-1:123456789012:"
            "loadbalancer/app/ingress/0123456789abcdef"
        ),
        load_balancer_dns_name="internal-ingress-1.us-east-1.elb.amazonaws.com",
        load_balancer_zone_id="Z35SXDOTRQ7X7K",
        origin_domain_name="origin.flow.example.org",
        origin_https=True,
        domain="flow.example.org",
        zone_id=zone.zone_id,
        edge_certificate_arn="arn:aws:acm:us-east-1:123456789012:certificate/0123abcd",
        requests_per_five_minutes=7500,
        shield_region="us-east-1",
        cells=CellNames(domain="flow.example.org", own="us-east", others=("us-west", "eu")),
    ),
    pulumi.ResourceOptions(providers=[provider]),
)
"""


@pytest.fixture(scope="module")
def world(
    emulator: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> tuple[SandboxResult, Clients]:
    """The edge brought up, and clients of the server that it is left in."""
    folder = tmp_path_factory.mktemp("edge")
    (folder / "__main__.py").write_text(PROGRAM)
    with lending(emulator):
        outcome = bring_up(folder / "__main__.py", "researchflow", "tiny", out=folder / "files")
    session = boto3.Session(
        aws_access_key_id="sandbox", aws_secret_access_key="sandbox", region_name="us-east-1"
    )
    endpoint = emulator.endpoint
    clients = Clients(
        sts=session.client("sts", endpoint_url=endpoint),
        s3=session.client("s3", endpoint_url=endpoint),
        cloudfront=session.client("cloudfront", endpoint_url=endpoint),
    )
    return outcome, clients


@pytest.fixture
def store(world: tuple[SandboxResult, Clients]) -> Store:
    return store_of(parse("researchflow", "tiny", MINIMAL), world[1])


def put(store: Store, folder: Path, files: dict[str, str]) -> None:
    folder.mkdir()
    for key, text in files.items():
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_text(text)
    publication = plan_publication(store, read_frontend(folder), grace=timedelta(days=7))
    publish(store, publication, lambda *_: None, sleep=lambda _: None)


def test_what_the_emulator_holds_is_as_planned(world: tuple[SandboxResult, Clients]) -> None:
    outcome, _ = world
    assert outcome.differing == []
    checked = {
        (check.kind, check.subject) for check in outcome.checks if check.status is ReadBack.OK
    }
    assert {
        ("distribution", "origins"),
        ("distribution", "paths"),
        ("distribution", "HTTP"),
        ("edge function", "code"),
        ("organization directory", "comment"),
        ("record", "alias of"),
        ("log delivery", "fields"),
        ("firewall log", "destinations"),
        ("firewall log", "redacted fields"),
        ("bucket", "policy"),
    } <= checked


def test_policies_that_the_emulator_lacks_are_validated_and_said_to_be_no_more_than_that(
    world: tuple[SandboxResult, Clients],
) -> None:
    outcome, _ = world
    lacking = {f"{gap.service} {gap.operation}" for gap in outcome.missing}
    assert {
        "cloudfront CreateCachePolicy",
        "cloudfront CreateResponseHeadersPolicy",
        "cloudfront CreateVpcOrigin",
    } <= lacking


def test_a_site_is_published_changed_and_published_again(store: Store, tmp_path: Path) -> None:
    first = {"index.html": "<script src=/assets/a.aaaa1111.js>", "assets/a.aaaa1111.js": "one"}
    second = {"index.html": "<script src=/assets/a.bbbb2222.js>", "assets/a.bbbb2222.js": "two"}
    # The emulator speaks plain HTTP, which the bucket's policy refuses to everybody.
    with pytest.raises(PublishError, match="403"):
        put(store, tmp_path / "without-tls", first)
    store._s3.delete_bucket_policy(Bucket=store.bucket)
    put(store, tmp_path / "first", first)
    put(store, tmp_path / "second", second)
    served = {}
    for key in ("index.html", "assets/a.aaaa1111.js", "assets/a.bbbb2222.js"):
        answer = store._s3.get_object(Bucket=store.bucket, Key=key)
        served[key] = (
            answer["Body"].read().decode(),
            answer["ContentType"],
            answer["CacheControl"],
        )
    assert served == {
        "index.html": (second["index.html"], "text/html; charset=utf-8", REVALIDATED),
        "assets/a.aaaa1111.js": ("one", "text/javascript; charset=utf-8", IMMUTABLE),
        "assets/a.bbbb2222.js": ("two", "text/javascript; charset=utf-8", IMMUTABLE),
    }


def test_another_accounts_credentials_are_refused(world: tuple[SandboxResult, Clients]) -> None:
    settings = parse("researchflow", "tiny", {**MINIMAL, "awsAccountId": "210987654321"})
    with pytest.raises(PublishError, match="the stack's is 210987654321"):
        store_of(settings, world[1])


def test_a_stack_that_is_not_up_is_said_to_be_missing(world: tuple[SandboxResult, Clients]) -> None:
    settings = parse("researchflow", "elsewhere", MINIMAL)
    with pytest.raises(PublishError, match="is the stack up"):
        store_of(settings, world[1])
