"""The exported pgbouncer.ini made to run here: paths, hosts and ports replaced, nothing else."""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rendering.database.pgbouncer_ini import INI_FILE, READ_ONLY_SUFFIX
from rf.shared.plan import RecordedPlan, reveal

_HOST = re.compile(r"\bhost=(\S+)")
_PORT = re.compile(r"\bport=\d+")


@dataclass(frozen=True, kw_only=True)
class Here:
    """What stands in for production's servers and files on this machine."""

    primary: str
    replicas: tuple[str, ...]
    database_port: int
    listen_address: str
    listen_port: int
    files: Mapping[str, Path]


def ini_of(plan: RecordedPlan) -> str:
    """The plan's pgbouncer.ini, without any user's password."""
    for resource in plan.resources:
        data = reveal(resource.inputs.get("data"))
        if isinstance(data, Mapping) and isinstance(data.get(INI_FILE), str):
            return data[INI_FILE]
    return ""


def parsed(ini: str) -> configparser.ConfigParser:
    """The ini's two sections, by name."""
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None)
    parser.read_string(ini)
    return parser


def number(ini: str, key: str) -> int:
    """A number of the section `pgbouncer`."""
    return int(parsed(ini)["pgbouncer"][key])


def replica_hosts(ini: str) -> list[str]:
    """The hosts that only the read-only names lead to, in the order of the ini."""
    databases = parsed(ini)["databases"]
    readers = [name for name in databases if name.endswith(READ_ONLY_SUFFIX)]
    writing = {
        host for name in databases if name not in readers for host in _hosts(databases[name])
    }
    hosts = [host for name in readers for host in _hosts(databases[name])]
    return [host for host in dict.fromkeys(hosts) if host not in writing]


def substituted(ini: str, here: Here) -> str:
    """The ini for this machine.

    A replica's host becomes one of `here.replicas`, any other the primary. Raises ValueError when
    a setting names a file for which there is no stand-in.
    """
    stand_ins = dict(zip(replica_hosts(ini), here.replicas, strict=True))
    section = ""
    lines: list[str] = []
    for line in ini.splitlines():
        if line.startswith("["):
            section = line.strip("[] ")
            lines.append(line)
        elif "=" not in line:
            lines.append(line)
        elif section == "databases":
            lines.append(_database(line, stand_ins, here))
        else:
            lines.append(_setting(line, here))
    return "\n".join(lines) + "\n"


def _database(line: str, stand_ins: Mapping[str, str], here: Here) -> str:
    hosts = ",".join(stand_ins.get(host, here.primary) for host in _hosts(line))
    return _PORT.sub(f"port={here.database_port}", _HOST.sub(f"host={hosts}", line))


def _setting(line: str, here: Here) -> str:
    key, value = (part.strip() for part in line.split("=", 1))
    if key == "listen_addr":
        return f"{key} = {here.listen_address}"
    if key == "listen_port":
        return f"{key} = {here.listen_port}"
    if value.startswith("/"):
        if key not in here.files:
            raise ValueError(f"no file stands in for {value}, which {key} names")
        return f"{key} = {here.files[key]}"
    return line


def _hosts(database: str) -> list[str]:
    match = _HOST.search(database)
    return match[1].split(",") if match else []
