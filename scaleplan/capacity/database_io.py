"""Whether volume and machine carry the database's operations at the peak."""

from __future__ import annotations

from scaleplan.capacity.database_servers import DataServer, data_server
from scaleplan.capacity.result import CapacityTerm, CheckName, CheckResult, Loss, number
from scaleplan.load import Load
from scaleplan.settings import Settings

MB_PER_KIB = 1024 / 1_000_000


def check_database_io(settings: Settings, load: Load, loss: Loss | None) -> CheckResult:
    """Operations and throughput of the busiest server, against gp3 and the machine's own link.

    Replicas take the reads, each replays all writes, and the busier of primary and replica counts.
    """
    server = data_server(settings, load, loss)
    assumed, peak = load.assumptions, load.peak_requests_per_second
    reads = peak * assumed.read_share * assumed.reads_per_request * server.data_share
    writes = peak * (1 - assumed.read_share) * assumed.writes_per_request * server.data_share
    reads_here = reads / max(1, server.readers)
    operations = reads_here + writes
    volume, link = server.volume, server.link
    terms = (
        CapacityTerm(
            name="reads of storage",
            working=(
                f"{number(peak)}/s × {number(assumed.read_share)}"
                f" × {number(assumed.reads_per_request)} × {server.share_working}" + _spread(server)
            ),
            value=reads_here,
            unit="1/s",
        ),
        CapacityTerm(
            name="writes of storage",
            working=(
                f"{number(peak)}/s × {number(1 - assumed.read_share)}"
                f" × {number(assumed.writes_per_request)} × {server.share_working}"
            ),
            value=writes,
            unit="1/s",
        ),
        CapacityTerm(
            name="operations of storage",
            working=f"{number(reads_here)} + {number(writes)}, on {server.name}",
            value=operations,
            unit="1/s",
            limit=min(volume.iops, link.iops),
            limit_working=f"lesser of gp3's {volume.iops:,} and the machine's {link.iops:,}",
        ),
        CapacityTerm(
            name="throughput of storage",
            working=f"{number(operations)} × {number(assumed.io_kib)} KiB",
            value=operations * assumed.io_kib * MB_PER_KIB,
            unit="MB/s",
            limit=min(volume.mib_per_second * 1.048576, link.throughput_mbps),
            limit_working=(
                f"lesser of gp3's {volume.mib_per_second} MiB/s and the machine's"
                f" {link.throughput_mbps:g} MB/s"
            ),
        ),
    )
    return CheckResult(
        name=CheckName.DATABASE_IO,
        terms=terms,
        assumptions=("peakFactor", "readShare", "readsPerRequest", "writesPerRequest", "ioKib"),
    )


def _spread(server: DataServer) -> str:
    return f" / {server.readers} replicas" if server.readers else ""
