"""Rules of what PostgreSQL is told, on RDS and on Citus alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..shared.rule import Resource, Rule, RuleLayer, StackResources
from ..shared.tokens import DATABASE, DATABASE_PARAMETERS, POSTGRES_CONFIG
from ..shared.values import at, parameters

SERVERS = (DATABASE_PARAMETERS, POSTGRES_CONFIG)

AUDITED = ("ddl", "role", "write")
"""Classes of statements that pgaudit records at least: who changed structure, rights or data."""

DURABLE = ("on", "remote_apply", "remote_write")
"""Values of synchronous_commit that confirm nothing before it is on a disk or a copy."""


def _settings(resource: Resource) -> Mapping[str, str]:
    if resource.type == POSTGRES_CONFIG:
        return at(resource.inputs, "spec[postgresql.conf]", {})
    return parameters(resource.inputs)


def _no_values_logged(resource: Resource, stack: StackResources) -> Iterator[str]:
    values = _settings(resource)
    for key in ("log_parameter_max_length", "log_parameter_max_length_on_error"):
        # PostgreSQL's own defaults: all of a slow statement's values, none of a failed one's.
        default = "-1" if key == "log_parameter_max_length" else "0"
        length = str(values.get(key, default))
        if length != "0":
            yield f"{key} is {length}: the log gets what statements were given"
    if str(values.get("pgaudit.log_parameter", "0")).lower() not in ("0", "off", "false"):
        yield "pgaudit.log_parameter is on: the audit gets what statements were given"
    if values.get("log_statement", "none") not in ("none", "ddl"):
        yield f"log_statement is {values['log_statement']}: the log gets whole statements"


def _audits(resource: Resource, stack: StackResources) -> Iterator[str]:
    audited = {
        each.strip() for each in parameters(resource.inputs).get("pgaudit.log", "").split(",")
    }
    missing = [each for each in AUDITED if not {each, "all"} & audited]
    if missing:
        yield f"audits no {', '.join(missing)}"


def _durable(resource: Resource, stack: StackResources) -> Iterator[str]:
    value = str(_settings(resource).get("synchronous_commit", "on"))
    if value not in DURABLE:
        yield f"synchronous_commit is {value}: a failure takes back what was confirmed"


def _own_group(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not any(True for _ in stack.behind(resource, "parameterGroupName", DATABASE_PARAMETERS)):
        yield "runs with parameters of AWS: no audit, passwords by md5 too, values in its log"


def _watched(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not 0 < at(resource.inputs, "monitoringInterval", 0) <= 60:
        yield "tells nothing of its machine: memory, I/O waits and processes"
    if at(resource.inputs, "performanceInsightsEnabled") is not True:
        yield "tells nothing of which statements it works for"


RULES = (
    Rule(
        id="database-logs-no-values",
        layer=RuleLayer.DATABASE,
        demand="PostgreSQL logs no values that statements were given, nor every statement.",
        reason="They are patients' data, and a log is read by more people than a record.",
        source="PostgreSQL docs, 20.8, log_parameter_max_length; HIPAA, 45 CFR 164.502(b)",
        remedy="keep the values at 0 in `rendering/database/parameters.py` and"
        " `rendering/citus/postgres.py`",
        types=SERVERS,
        check=_no_values_logged,
    ),
    Rule(
        id="database-audits-changes",
        layer=RuleLayer.DATABASE,
        demand=f"pgaudit records {', '.join(AUDITED)} of every session.",
        reason="A loaded audit that is told to record nothing looks like one.",
        source="HIPAA Security Rule, 45 CFR 164.312(b); pgaudit docs, pgaudit.log",
        remedy="keep AUDITED_STATEMENTS of `rendering/database/parameters.py`",
        types=(DATABASE_PARAMETERS,),
        check=_audits,
    ),
    Rule(
        id="database-commits-durable",
        layer=RuleLayer.DATABASE,
        demand="PostgreSQL confirms a commit when it is on disk, on Citus on the copy's too.",
        reason="An application that was told `saved` tells the doctor so.",
        source="PostgreSQL docs, 20.5, synchronous_commit; scale plan, replication",
        remedy="leave synchronous_commit on",
        types=SERVERS,
        check=_durable,
    ),
    Rule(
        id="database-own-parameters",
        layer=RuleLayer.DATABASE,
        demand="Every instance runs with the stack's own parameters.",
        reason="All rules about parameters hold for a group; an instance without it has none.",
        source="RDS user guide, Overview of parameter groups",
        remedy="give parameterGroupName to the primary and to each replica",
        types=(DATABASE,),
        check=_own_group,
        whole_stack=True,
    ),
    Rule(
        id="database-watched",
        layer=RuleLayer.DATABASE,
        demand="Every instance has enhanced monitoring and Performance Insights.",
        reason="Alerts on I/O waits and slow statements read them; without, they are silent.",
        source="AWS Security Hub, RDS.6; RDS user guide, Enhanced Monitoring",
        remedy="keep monitoringInterval 60 and performanceInsightsEnabled",
        types=(DATABASE,),
        check=_watched,
    ),
)
