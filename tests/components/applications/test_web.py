"""The frontend's pods and its bucket."""

import pytest

from components.applications.web import Web, WebArgs
from tests.components.applications.deployed import (
    AUTOSCALER,
    BINDING,
    DEPLOYMENT,
    FIXED,
    SCALING,
    TARGETS,
    controller,
    environment,
    pod,
)
from tests.components.recorded_once import recorded_once
from tests.components.values import application_pods, place, target_group

BUCKET = "aws:s3/bucket:Bucket"


@pytest.fixture
def web(build):
    @recorded_once
    def run(settings=SCALING, protect=True):
        def construct(opts):
            args = WebArgs(
                pods=application_pods(
                    image="123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1.4.0",
                    settings=settings,
                    ca_config_map=None,
                ),
                target_group=target_group(arn=TARGETS, controller_ready=controller(opts)),
                place=place(protect=protect),
            )
            return Web("web", args, opts)

        return build(construct)

    return run


def test_the_bucket_is_closed_to_the_public_in_all_four_ways(web):
    built = web()
    block = built.inputs(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "web-static-not-public"
    )
    switches = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    assert all(block[switch] is True for switch in switches)
    ownership = built.inputs(
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls", "web-static-ownership"
    )
    assert ownership["rule"]["objectOwnership"] == "BucketOwnerEnforced"


def test_the_bucket_keeps_replaced_files_for_a_month(web):
    built = web()
    versioning = built.inputs("aws:s3/bucketVersioning:BucketVersioning", "web-static-versions")
    assert versioning["versioningConfiguration"]["status"] == "Enabled"
    lifecycle = built.inputs(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "web-static-lifecycle"
    )
    (rule,) = lifecycle["rules"]
    assert rule["noncurrentVersionExpiration"]["noncurrentDays"] == 30
    assert "expiration" not in rule


def test_files_are_encrypted_with_s3s_own_key_which_the_edge_may_use(web):
    encryption = web().inputs(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "web-static-encryption",
    )
    (rule,) = encryption["rules"]
    assert rule["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "AES256"}


@pytest.mark.parametrize("protect", [True, False])
def test_the_bucket_is_guarded_unless_the_stack_lifts_it(web, protect):
    bucket = web(protect=protect).named(BUCKET, "web-static")
    assert bucket.protect is protect
    assert bucket.inputs["forceDestroy"] is not protect
    assert bucket.inputs["bucket"] == "researchflow-test-static-123456789012-us-east-1"


def test_the_pods_hold_no_secret(web):
    built = web()
    assert environment(built, "web") == {
        "PORT": "8080",
        "METRICS_PORT": "9464",
        "SHUTDOWN_DRAIN_SECONDS": "15",
        "HTTP_KEEP_ALIVE_SECONDS": "4060",
    }
    assert [volume["name"] for volume in pod(built, "web")["volumes"]] == ["tmp"]


def test_the_pods_scale_on_cpu_and_are_bound_to_their_target_group(web):
    built = web()
    assert "replicas" not in built.inputs(DEPLOYMENT, "web-workload-pods")["spec"]
    assert len(built.of_type(AUTOSCALER)) == 1
    assert built.inputs(BINDING, "web-targets")["spec"]["serviceRef"]["port"] == 8080
    assert web(FIXED).of_type(AUTOSCALER) == []
