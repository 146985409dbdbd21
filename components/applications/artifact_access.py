"""The artifacts bucket for the pods of one service account."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi import Input, Output, Resource, ResourceOptions

from components.cluster.handle import ClusterHandle
from components.identity.encryption import Keys
from components.identity.pod_role import PodRole, PodRoleArgs
from components.shared.place import Place
from rendering.applications.artifact_policies import artifact_access_policy


@dataclass(frozen=True, kw_only=True)
class ArtifactAccess:
    """The bucket, its key, and the cluster whose pods may be let in.

    `namespace` is plain, as a role's trust names it; `cluster_ready` is what an association waits
    for, `cluster_name` being plain too.
    """

    place: Place
    keys: Keys
    cluster: ClusterHandle
    namespace: str
    bucket_arn: Input[str]

    def grant_to(self, service_account: str, name: str, parent: Resource) -> PodRole:
        """A role for that service account which reaches the bucket and nothing else.

        Pods get its credentials when they are admitted, so a Deployment must wait for it.
        """
        policy = Output.all(bucket_arn=self.bucket_arn, data_key_arn=self.keys.data_arn).apply(
            lambda arns: artifact_access_policy(
                arns["bucket_arn"], arns["data_key_arn"], self.place.region
            )
        )
        return PodRole(
            name,
            PodRoleArgs(
                place=self.place,
                cluster_name=self.cluster.name,
                namespace=self.namespace,
                service_account=service_account,
                policies={"bucket": policy},
                cluster_ready=self.cluster.ready,
            ),
            ResourceOptions(parent=parent),
        )
