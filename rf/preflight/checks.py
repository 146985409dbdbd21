"""All checks of a plan against an account, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from rf.preflight import (
    check_access,
    check_account,
    check_images,
    check_names,
    check_network,
    check_nodes,
    check_offers,
    check_quotas,
    check_state,
)
from rf.preflight.row import PreflightRow
from rf.shared.account.account import Account, PreflightInputError, UnreadableError, open_account
from rf.shared.account.need import Need
from rf.shared.account.owned import Owner
from rf.shared.plan import RecordedPlan
from rf.shared.registry_client import RegistryClient
from rf.shared.stacks import plan_of, settings_of
from scaleplan.settings import Settings

Check = Callable[[Account, Need, Owner], Iterable[PreflightRow]]

CHECKS: tuple[Check, ...] = (
    check_access.account,
    check_access.permissions,
    check_access.service_roles,
    check_account.singletons,
    check_account.adopted,
    check_account.settings,
    check_state.state,
    check_nodes.zones,
    check_nodes.node_classes,
    check_nodes.machine_images,
    check_offers.database_classes,
    check_offers.redis,
    check_offers.broker,
    check_offers.cluster_version,
    check_network.peers,
    check_network.domain,
    check_names.names,
    check_names.images,
    check_quotas.addresses,
    check_quotas.quotas,
)
"""In the order of the report: what can't be changed later comes before what can be asked for."""


def whose(account: Account) -> str:
    """The account's id. Raises PreflightInputError where the credentials are nobody's."""
    try:
        return account.read("sts", "GetCallerIdentity")["Account"]
    except UnreadableError as error:
        raise PreflightInputError(f"can't tell whose credentials these are: {error}") from error


def preflight(
    account: Account,
    plan: RecordedPlan,
    settings: Settings,
    registries: RegistryClient | None = None,
) -> Iterator[PreflightRow]:
    """The rows, as they are found; those of others' images where there are registries to ask.

    Raises PreflightInputError where the credentials are nobody's.
    """
    need = Need(plan=plan, settings=settings, account_id=whose(account))
    owner = Owner.of(need)
    for check in CHECKS:
        yield from check(account, need, owner)
    if registries is not None:
        yield from check_images.others_images(registries, need)


def rows_of(
    stack: str, *, size: str | None, overrides: Sequence[str], profile: str | None
) -> list[PreflightRow]:
    """All rows of a stack. Raises PreflightInputError, and what making the plan raises."""
    settings = settings_of(stack, size=size, overrides=overrides)
    account = open_account(profile, settings.region)
    whose(account)  # before the plan, which takes seconds and is of no use without credentials
    plan = plan_of(stack, size=size, overrides=overrides)
    return list(preflight(account, plan, settings, RegistryClient()))
