"""What the applications' namespace may hold at most, and who goes first in it."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_kubernetes as k8s
from pulumi import ComponentResource, Input, Output, ResourceOptions

from components.applications.pod_security import quantities
from rendering.applications.pods import PRIORITIES, Priority
from scaleplan.applications.pod_resources import UNNAMED
from scaleplan.applications.quota import NamespaceQuota

OBJECT_NAME = "applications"


@dataclass(frozen=True, kw_only=True)
class NamespaceCapacityArgs:
    """The namespace, and how much it may hold."""

    namespace: Input[str]
    """The applications' namespace, which exists already."""

    quota: NamespaceQuota
    """Sums for all pods and the most of one container; it fits the pods at their maxima."""


class NamespaceCapacity(ComponentResource):
    """A quota, limits of a single container, and the priorities that pods name.

    `namespace` is the same name again, known when all of that is there: pods that were made earlier
    would be refused for a priority that doesn't exist yet.
    """

    namespace: Output[str]

    def __init__(
        self, name: str, args: NamespaceCapacityArgs, opts: ResourceOptions | None = None
    ) -> None:
        total = args.quota.total
        summary = {
            "pods": args.quota.pods,
            "cpuMillicores": total.cpu_request_millicores,
            "memoryMib": total.memory_request_mib,
        }
        super().__init__("researchflow:platform:NamespaceCapacity", name, summary, opts)
        self._name, self._args = name, args
        object_ids = [
            self._quota().id,
            self._limits().id,
            *(self._priority(priority).id for priority in PRIORITIES),
        ]
        self.namespace = Output.all(namespace=args.namespace, objects=object_ids).apply(
            lambda known: known["namespace"]
        )
        self.register_outputs({"namespace": self.namespace})

    def _metadata(self) -> k8s.meta.v1.ObjectMetaArgs:
        return k8s.meta.v1.ObjectMetaArgs(name=OBJECT_NAME, namespace=self._args.namespace)

    def _quota(self) -> k8s.core.v1.ResourceQuota:
        quota = self._args.quota
        requirements = quantities(quota.total)
        return k8s.core.v1.ResourceQuota(
            f"{self._name}-quota",
            metadata=self._metadata(),
            spec=k8s.core.v1.ResourceQuotaSpecArgs(
                hard={
                    "pods": str(quota.pods),
                    **{f"requests.{k}": v for k, v in requirements["requests"].items()},
                    **{f"limits.{k}": v for k, v in requirements["limits"].items()},
                    # The way in is the stack's own load balancer, and nobody makes another.
                    "services.loadbalancers": "0",
                    "services.nodeports": "0",
                }
            ),
            opts=ResourceOptions(parent=self),
        )

    def _limits(self) -> k8s.core.v1.LimitRange:
        unnamed, largest = quantities(UNNAMED), quantities(self._args.quota.largest)
        return k8s.core.v1.LimitRange(
            f"{self._name}-limits",
            metadata=self._metadata(),
            spec=k8s.core.v1.LimitRangeSpecArgs(
                limits=[
                    k8s.core.v1.LimitRangeItemArgs(
                        type="Container",
                        default=unnamed["limits"],
                        default_request=unnamed["requests"],
                        max=largest["limits"],
                    )
                ]
            ),
            opts=ResourceOptions(parent=self),
        )

    def _priority(self, priority: Priority) -> k8s.scheduling.v1.PriorityClass:
        return k8s.scheduling.v1.PriorityClass(
            f"{self._name}-{priority.name}",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=priority.name),
            value=priority.value,
            preemption_policy="PreemptLowerPriority" if priority.preempts else "Never",
            description=priority.meaning,
            # Value and policy can't be changed in place, and the name is what pods say.
            opts=ResourceOptions(
                parent=self,
                replace_on_changes=["value", "preemptionPolicy"],
                delete_before_replace=True,
            ),
        )
