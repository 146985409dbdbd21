"""The load that a stack is asked to carry: the plan's projections, a stack's own, or a file's."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, ValidationError

from scaleplan.assumptions import Assumptions, StatedAssumption
from scaleplan.capacity.result import number
from scaleplan.config.mistakes import InvalidSettings, Mistake, mistakes_of, nearest
from scaleplan.config.overlay import overlay
from scaleplan.config.strict_yaml import StrictLoader
from scaleplan.horizon import Horizon
from scaleplan.model import Plan, load_plan
from scaleplan.sizes import Section, Size
from scaleplan.tables import Projections


class LoadSettings(Section):
    """What a stack expects to carry: the plan's projections and assumptions, leaf by leaf.

    `pulumi up` proves the stack for `horizon`; a load of `rf check` replaces it for that run.
    """

    horizon: Annotated[
        Horizon | None,
        Field(
            description="column of the projections to prove the stack for; unless set, the last "
            "one whose users belong to the size"
        ),
    ] = None
    projections: Annotated[Projections, Field(description="expected load")]
    assumptions: Annotated[Assumptions, Field(description="what the arithmetic takes for granted")]


class LoadFile(Section):
    """A load as a file gives it: what it leaves out comes from the stack's, at `horizon`."""

    horizon: Horizon | None = None
    concurrent_users: Annotated[float | None, Field(ge=0, le=1e8)] = None
    requests_per_second: Annotated[float | None, Field(ge=0, le=1e8)] = None
    data_volume_gb: Annotated[float | None, Field(ge=0, le=1e8)] = None
    worker_jobs_per_hour: Annotated[float | None, Field(ge=0, le=1e8)] = None
    assumptions: Assumptions


@dataclass(frozen=True, kw_only=True)
class Load:
    """One load. `data_volume_gb` is in GB (10^9 bytes), and what it grows to by the projections'
    end is `final_data_volume_gb`, never less."""

    name: str
    concurrent_users: float
    requests_per_second: float
    data_volume_gb: float
    final_data_volume_gb: float
    worker_jobs_per_hour: float
    assumptions: Assumptions

    @property
    def peak_requests_per_second(self) -> float:
        """Requests of the busiest five minutes."""
        return self.requests_per_second * self.assumptions.peak_factor

    @property
    def requests_per_user_second(self) -> float:
        """Requests of one concurrent user in a second; 0 without users."""
        users = self.concurrent_users
        return self.requests_per_second / users if users else 0.0


def scaled(load: Load, factor: float) -> Load:
    """The same load of so many times the users, each doing what they did."""
    return replace(
        load,
        name=f"{factor:g} × {load.name}",
        concurrent_users=load.concurrent_users * factor,
        requests_per_second=load.requests_per_second * factor,
        data_volume_gb=load.data_volume_gb * factor,
        final_data_volume_gb=load.final_data_volume_gb * factor,
        worker_jobs_per_hour=load.worker_jobs_per_hour * factor,
    )


def load_of_users(plan: Plan, users: float, assumptions: Assumptions) -> Load:
    """So many users who each do what one of the plan's last projection does."""
    rows = plan.projections
    last = rows.concurrent_users.twelve_months
    data = users * rows.data_volume_gb.twelve_months / last
    return Load(
        name=f"{users:g} users",
        concurrent_users=users,
        requests_per_second=users * rows.requests_per_second.twelve_months / last,
        data_volume_gb=data,
        final_data_volume_gb=data,
        worker_jobs_per_hour=users * rows.worker_jobs_per_hour.twelve_months / last,
        assumptions=assumptions,
    )


def default_settings(plan: Plan) -> dict[str, Any]:
    """`load` of a stack that says nothing, as a config has it."""
    values = {key: entry.value for key, entry in plan.assumptions.items()}
    projections = plan.projections.model_dump(mode="json", by_alias=True)
    return {"projections": projections, "assumptions": values}


def stated(assumed: Assumptions, key: str) -> StatedAssumption:
    """An assumption as it counts: its value, and the plan's ground or that the value is another."""
    plans, value = load_plan().assumptions[key], assumed.model_dump(by_alias=True)[key]
    if value == plans.value:
        return plans
    own = f"the stack's or the load's own; the plan file has {number(plans.value)}"
    return StatedAssumption(value=value, unit=plans.unit, source=own)


def own_horizon(plan: Plan, size: Size, projections: Projections) -> Horizon:
    """The last projection whose users the plan gives to the size; the first where none is."""
    limit = plan.estimates[size].users.below_users
    columns = (Horizon.CURRENT, Horizon.SIX_MONTHS, Horizon.TWELVE_MONTHS)
    within = [
        column
        for column in columns
        if limit is None or column.of(projections.concurrent_users) < limit
    ]
    return within[-1] if within else Horizon.CURRENT


def load_at(settings: LoadSettings, plan: Plan, size: Size, horizon: Horizon | None = None) -> Load:
    """The stack's load in a column: the one given, else the stack's own, else its size's."""
    if horizon is None:
        horizon = settings.horizon or own_horizon(plan, size, settings.projections)
    rows = settings.projections
    data = horizon.of(rows.data_volume_gb)
    return Load(
        name=str(horizon),
        concurrent_users=horizon.of(rows.concurrent_users),
        requests_per_second=horizon.of(rows.requests_per_second),
        data_volume_gb=data,
        final_data_volume_gb=max(data, Horizon.TWELVE_MONTHS.of(rows.data_volume_gb)),
        worker_jobs_per_hour=horizon.of(rows.worker_jobs_per_hour),
        assumptions=settings.assumptions,
    )


def load_named(text: str | None, settings: LoadSettings, plan: Plan, size: Size) -> Load:
    """The load of a `--load` option: a horizon's name, a YAML file's path, or None.

    Raises InvalidSettings where it is neither, or the file says something that no load has.
    """
    if text is None or text in list(Horizon):
        return load_at(settings, plan, size, Horizon(text) if text else None)
    path = Path(text)
    if not path.is_file():
        names = [str(each) for each in Horizon]
        allowed = ", ".join(names) + ", or the path of a YAML file"
        raise InvalidSettings(
            [Mistake(key="--load", value=text, allowed=allowed, nearest=nearest(text, names))]
        )
    return _load_of_file(path, settings, plan, size)


def _load_of_file(path: Path, settings: LoadSettings, plan: Plan, size: Size) -> Load:
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), StrictLoader)  # noqa: S506 - a SafeLoader
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        mistake = Mistake(key=str(path), value="(unreadable)", allowed=f"valid YAML; {reason}")
        raise InvalidSettings([mistake]) from error
    if not isinstance(document, dict):
        mistake = Mistake(
            key=str(path), value=str(document), allowed="an object such as {horizon: 2x}"
        )
        raise InvalidSettings([mistake])
    base = {"assumptions": settings.assumptions.model_dump(by_alias=True)}
    try:
        own = LoadFile.model_validate_json(json.dumps(overlay(base, document), default=str))
    except ValidationError as error:
        raise InvalidSettings(mistakes_of(error, LoadFile, str(path))) from error
    below = load_at(settings, plan, size, own.horizon)
    data = _or(own.data_volume_gb, below.data_volume_gb)
    return Load(
        name=path.name,
        concurrent_users=_or(own.concurrent_users, below.concurrent_users),
        requests_per_second=_or(own.requests_per_second, below.requests_per_second),
        data_volume_gb=data,
        # A file that names its data means all of it: there is no later column to grow to.
        final_data_volume_gb=(below.final_data_volume_gb if own.data_volume_gb is None else data),
        worker_jobs_per_hour=_or(own.worker_jobs_per_hour, below.worker_jobs_per_hour),
        assumptions=own.assumptions,
    )


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value
