"""An update that fails in its middle, at ten places: the next one ends it, and nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.conftest import Planned
from tests.engine.conftest import Standing
from tests.engine.rehearsed import (
    RehearsedAlone,
    changed_nothing,
    rehearsed,
    types_of,
    went_well,
)

pytestmark = pytest.mark.engine

PLACES = (
    "aws:ec2/vpc:Vpc::network-vpc",
    "aws:ec2/subnet:Subnet::network-data-a",
    "aws:kms/key:Key::encryption-data",
    "aws:s3/bucket:Bucket::artifacts-bucket",
    "aws:eks/cluster:Cluster::cluster",
    "aws:eks/nodeGroup:NodeGroup::cluster-system",
    "aws:rds/instance:Instance::database-primary",
    "aws:elasticache/replicationGroup:ReplicationGroup::queue-group",
    "aws:secretsmanager/secretVersion:SecretVersion::database-connection",
    "kubernetes:core/v1:Namespace::observability-stack-namespace",
    "kubernetes:helm.sh/v3:Release::observability-stack-release",
    "kubernetes:batch/v1:Job::database-bootstrap-job",
    "kubernetes:apps/v1:Deployment::worker-workload-pods",
    "aws:cloudfront/distribution:Distribution::edge-distribution",
)
"""What fails, once each: of every layer the resource that most of it waits for."""


@pytest.fixture
def dev(planned: Planned, standing: Standing) -> Iterator[RehearsedAlone]:
    with rehearsed(standing, "dev", planned("dev")) as ground:
        ground.configure()
        yield ground


def test_after_each_failure_the_next_update_goes_on(dev: RehearsedAlone, planned: Planned) -> None:
    left = set(PLACES)
    while left:
        # All that has not failed yet fails, so that nothing of it is made before its turn.
        dev.rehearsal.fail("|".join(f"{re.escape(place)}$" for place in left))
        run = dev.stack.up()
        assert run.failure
        failed = {place for place in left if any(urn.endswith(place) for urn in run.failed)}
        assert failed, run.failure
        assert len(failed) == len(run.failed), run.failure
        # What the state holds is there, and nothing else is.
        assert dev.differences() == []
        assert dev.objects() == dev.objects_of(dev.standing())
        left -= failed
    dev.rehearsal.fail("")
    went_well(dev.stack.up())
    changed_nothing(dev.stack.preview())
    assert types_of(dev.standing()) == types_of(planned("dev"))
    assert dev.differences() == []
    assert dev.objects() == dev.objects_of(dev.standing())
