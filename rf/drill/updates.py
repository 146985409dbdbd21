"""Changes of resources that stand, as a deployment of the recovery site makes them."""

from __future__ import annotations

from rf.aws.lb.listeners import LISTENER_RULE
from rf.drill.control_planes import control_plane_of
from rf.drill.deployment import Delete, DeployedResource, Update, WaysToChange
from rf.drill.fence import FencedApi
from rf.shared.cards.answers import RequestError, TranslationError
from rf.shared.cards.control_plane import HOME
from rf.shared.cards.diff import diff
from rf.shared.cards.lifecycle import Created, Standing
from rf.shared.cards.registry import holds
from rf.shared.offline.invention import ACCOUNT_ID
from rf.shared.sandbox.registry import (
    CreationError,
    MissingCardError,
    Request,
    lifecycle_of,
    task_of,
    used_up,
)


def changes_by(hands: FencedApi) -> WaysToChange:
    """Changes in place, and deletions, by these hands.

    Both raise CreationError for what fails, and for what a failover must not do: make anew what
    holds something, or take away anything but a way of requests.
    """
    return WaysToChange(update=_updates_by(hands), delete=_deletions_by(hands))


def _updates_by(hands: FencedApi) -> Update:
    def update(request: Request, there: DeployedResource) -> Created:
        plane = control_plane_of(request.token, request.region)
        if plane is not None and hands.lost == HOME:
            raise CreationError(
                f"{request.urn}: changing it needs the control plane of {plane.name}, "
                f"which is lost with {HOME}"
            )
        try:
            return _changed(hands, request, there)
        except (RequestError, TranslationError, MissingCardError) as error:
            raise CreationError(f"{request.urn}: {error}") from error

    return update


def _changed(hands: FencedApi, request: Request, there: DeployedResource) -> Created:
    lifecycle = lifecycle_of(request.token)
    task = task_of(request, hands, ACCOUNT_ID)
    replaces = diff(request.token, there.inputs, request.inputs).replaces
    if replaces and holds(request.token):
        paths = ", ".join(change.path for change in replaces)
        raise CreationError(f"{request.urn}: {paths} would make it anew, with all that it holds")
    with used_up(request.token, request.inputs) as inputs:
        if replaces:
            # As the engine does: the new one first. The old one hinders nobody, and stays.
            return lifecycle.create(task, inputs)
        standing = Standing(id=there.id, inputs=there.inputs, outputs=there.outputs)
        return lifecycle.update(task, standing, inputs)


def _deletions_by(hands: FencedApi) -> Delete:
    def delete(urn: str, there: DeployedResource, region: str) -> None:
        if f"{LISTENER_RULE}::" not in urn:
            raise CreationError(f"{urn}: the failover would delete it")
        request = Request(
            urn=urn,
            token=LISTENER_RULE,
            name=urn.rpartition("::")[2],
            inputs={},
            planned={},
            invented={},
            region=region,
        )
        standing = Standing(id=there.id, inputs=there.inputs, outputs=there.outputs)
        try:
            lifecycle_of(LISTENER_RULE).delete(task_of(request, hands, ACCOUNT_ID), standing)
        except RequestError as error:
            raise CreationError(f"{urn}: {error}") from error

    return delete
