"""Arguments of what carries jobs: Redis, and RabbitMQ where a stack asks for it."""

from __future__ import annotations

from components.queue.broker import BrokerArgs
from components.queue.queue import QueueArgs
from rendering.redis.access import queue_users
from scaleplan.applications.workload_settings import WorkerScaler
from wiring.stack import Stack


def queue_args(stack: Stack) -> QueueArgs:
    """The Redis that keeps jobs, in the data subnets, open to the cluster's pods alone."""
    settings = stack.settings
    return QueueArgs(
        place=stack.place,
        keys=stack.keys,
        network=stack.data_network,
        settings=settings.queue,
        users=queue_users(
            stack.plan.queue.names,
            settings.queue,
            scaled_by_keda=settings.scaling.worker is WorkerScaler.KEDA,
        ),
    )


def broker_args(stack: Stack) -> BrokerArgs:
    """RabbitMQ in the data subnets, open to the cluster's pods alone."""
    return BrokerArgs(
        place=stack.place,
        network=stack.data_network,
        instance_class=stack.settings.queue.broker_class,
    )
