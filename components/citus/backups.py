"""Where Citus' backups and archived logs go, and the roles by which its servers write them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.cluster.handle import ClusterHandle
from components.identity.encryption import Keys
from components.identity.pod_role import PodRole, PodRoleArgs
from components.shared.place import Place
from components.shared.private_bucket import PrivateBucket, PrivateBucketArgs
from rendering.applications.artifact_policies import artifact_access_policy
from rendering.citus.names import NAMESPACE, service_account

BUCKET_ROLE = "citus"

RECOVERABLE_DAYS = 14
"""A server may delete old backups, so one that was taken over may delete all: for two weeks each
object can be brought back by somebody who may see old versions, which a server may not."""


@dataclass(frozen=True, kw_only=True)
class CitusBackupsArgs:
    """`groups` are those of the cluster: each one's servers run as a service account of their own.

    `copy_name` is the bucket that another stack's backups are copied to, which a recovery site
    restores from and goes on with. `cluster_ready` is what an association waits for,
    `cluster_name` being plain.
    """

    place: Place
    keys: Keys
    cluster: ClusterHandle
    groups: Sequence[str]
    copy_name: Input[str] | None = None


class CitusBackups(ComponentResource):
    """Servers get a role's credentials when their pods start, so wait for `ready` before that."""

    bucket_name: Output[str]
    bucket_arn: Output[str]
    versions: pulumi.Resource | None
    ready: list[pulumi.Resource]

    def __init__(
        self, name: str, args: CitusBackupsArgs, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__(
            "researchflow:data:CitusBackups", name, {"writers": len(args.groups)}, opts
        )
        self._name, self._args = name, args
        self._bucket()
        # What artifacts' writers may do is what WAL-G does: list, read, write and delete.
        policy = Output.all(bucket=self.bucket_arn, key=args.keys.data_arn).apply(
            lambda arns: artifact_access_policy(arns["bucket"], arns["key"], args.place.region)
        )
        self.ready = [self._writer(group, policy) for group in args.groups]
        self.register_outputs({"bucketName": self.bucket_name, "bucketArn": self.bucket_arn})

    def _bucket(self) -> None:
        name, args = self._name, self._args
        if args.copy_name is not None:
            self.bucket_name = Output.from_input(args.copy_name)
            self.bucket_arn = Output.concat("arn:aws:s3:::", args.copy_name)
            self.versions = None
            return
        bucket = PrivateBucket(
            name,
            PrivateBucketArgs(
                place=args.place,
                role=BUCKET_ROLE,
                key_arn=args.keys.data_arn,
                noncurrent_days=RECOVERABLE_DAYS,
            ),
            ResourceOptions(parent=self),
        )
        self.bucket_name, self.bucket_arn = bucket.bucket_name, bucket.bucket_arn
        self.versions = bucket.versions

    def _writer(self, group: str, policy: Output[str]) -> PodRole:
        args = self._args
        return PodRole(
            f"{self._name}-{group}",
            PodRoleArgs(
                place=args.place,
                cluster_name=args.cluster.name,
                namespace=NAMESPACE,
                service_account=service_account(group),
                policies={"bucket": policy},
                cluster_ready=args.cluster.ready,
            ),
            ResourceOptions(parent=self),
        )
