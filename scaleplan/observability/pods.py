"""What the pods of the monitoring request, container by container, for charts and arithmetic."""

from __future__ import annotations

from scaleplan.cluster.machines import ResourceTotals


def _amount(cpu_millicores: int, memory_mib: int) -> ResourceTotals:
    return ResourceTotals(cpu_millicores=cpu_millicores, memory_mib=memory_mib)


OPERATOR = _amount(20, 128)
RELOADER = _amount(10, 32)
"""Beside each Prometheus and Alertmanager."""

ALERTMANAGER = _amount(20, 64)
GRAFANA = _amount(50, 256)
GRAFANA_SIDECAR = _amount(10, 96)
GRAFANA_SIDECARS = 2
"""One for dashboards, one for data sources."""

STATE_METRICS = _amount(10, 96)
ADAPTER = _amount(20, 96)
NODE_EXPORTER = _amount(20, 32)
"""Within what `scaleplan.cluster.machines` leaves to the agent that measures the node."""

ALERTMANAGER_VOLUME_GIB = 2
"""Silences and what was sent: kilobytes; EBS has no smaller volume worth its name."""

GRAFANA_VOLUME_GIB = 5

EXPORTER = _amount(10, 64)
CLOUDWATCH_EXPORTER = _amount(10, 128)
"""It holds a day of every metric's tags."""


def together(*containers: ResourceTotals) -> ResourceTotals:
    """What a pod of these containers requests."""
    return ResourceTotals(
        cpu_millicores=sum(each.cpu_millicores for each in containers),
        memory_mib=sum(each.memory_mib for each in containers),
    )
