"""A lifecycle from the names of an API's operations: the shapes of botocore's models give the rest.

The model tells each operation's parameters and what its answer looks like, and the provider's names
are the API's in another case. So a card names the operations, what identifies a thing, and what the
model can't tell; a step that takes more than one call it writes by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from rf.shared.cards.answers import DescribedBy, Renames, RequestError
from rf.shared.cards.lifecycle import (
    Create,
    Created,
    Delete,
    Inputs,
    Lifecycle,
    Read,
    Reading,
    Standing,
    Task,
    Update,
)
from rf.shared.cards.paths import dig

if TYPE_CHECKING:
    from rf.shared.cards.answers import ApiAnswer

NOT_SEEN = "not seen"
"""Stands for what an update has to name of a thing whose reading the emulator lacks."""

AS_CREATED = "as created"
"""For an operation that puts a thing, whether it is there or not: the update is the creation."""


@dataclass(frozen=True, kw_only=True)
class Name:
    """The input that names a resource, the API's parameter for it, and how long it may be."""

    key: str = "name"
    parameter: str
    limit: int = 255


@dataclass(frozen=True, kw_only=True)
class Tagging:
    """How a service's things get and lose tags. `by` is the parameter that takes `of`, a template;
    `tags` and `keys` are those that take what to set and what to take away, the latter with its
    values where both are one parameter. `fixed` are parameters that are always sent. `read` lists
    them where a description leaves them out, at `found` of its answer."""

    add: str
    remove: str
    by: str
    of: str = "{arn}"
    tags: str = "Tags"
    keys: str = "TagKeys"
    fixed: Mapping[str, str] = field(default_factory=dict)
    read: str = ""
    found: str = ""


@dataclass(frozen=True, kw_only=True)
class Calls:
    """The operations of a type, and what botocore's shapes can't tell of them.

    Templates may name inputs, outputs, `id`, `name`, `region` and `account`.

    - `service`: botocore's name of the API.
    - `create`, `read`, `update`, `delete`: its operations; empty where the API has none.
    - `name`: what names it; None where the service gives it an id.
    - `identifier`: template of the id, or the member of the API's description that is the id.
    - `by`: parameters that tell which thing is read, updated and deleted, by their templates.
    - `read_by`: those of `read`, where it asks in other words.
    - `among`: members of the description by the templates of their values, where `read` lists
      more things than the one that is meant.
    - `within`: parameter that holds the inputs, where the API wraps them.
    - `described`, `found`: where the answers of `create` and `read` describe the thing, as
      `DBInstances.0`; by default their first structure, or the first of their first list.
    - `lock`: parameters of `update` and `delete` by the member of `read`'s answer that they take,
      as `IfMatch` an `ETag`: such an API changes only what the caller has seen as it is.
    - `whole`: whether `update` takes every setting again, not those alone that differ.
    - `gone`: members of the description by the value that says that it is being deleted.
    - `absent`: words of the API's refusal by which there is no such thing, where its code says
      less than `RequestError.says_gone` asks for.
    - `untold`: inputs that the emulator answers otherwise than they were sent; the card says how.
    - `renames`: see `Renames`.
    - `provider_only`: inputs that never reach the API when the thing is made.
    - `defaults`: inputs that the provider fills in where the program leaves them out.
    - `fixed`, `fixed_by_update`, `fixed_by_delete`: parameters in the API's form, always sent.
    - `outputs`: outputs by the path of their member, or by a template, where their names differ.
    - `repeated`: inputs that the API wants in every update, changed or not.
    - `prepare`: brings inputs into the form of the API before they are fitted to its shape.
    - `tagging`: how tags change later; None where `update` takes them.
    """

    service: str
    create: str
    read: str = ""
    update: str = ""
    delete: str = ""
    name: Name | None = None
    identifier: str = ""
    by: Mapping[str, str] = field(default_factory=dict)
    read_by: Mapping[str, str] | None = None
    among: Mapping[str, str] = field(default_factory=dict)
    within: str = ""
    described: str | None = None
    found: str | None = None
    lock: Mapping[str, str] = field(default_factory=dict)
    whole: bool = False
    gone: Mapping[str, Any] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()
    renames: Renames = field(default_factory=dict)
    provider_only: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    fixed_by_update: Mapping[str, Any] = field(default_factory=dict)
    fixed_by_delete: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    repeated: tuple[str, ...] = ()
    prepare: Callable[[Task, Inputs], None] | None = None
    tagging: Tagging | None = None

    def lifecycle(
        self,
        *,
        create: Create | None = None,
        read: Read | None = None,
        update: Update | None = None,
        delete: Delete | None = None,
    ) -> Lifecycle:
        """The lifecycle; what is given was written by hand."""
        return Lifecycle(
            create=create or partial(make, self),
            read=read or partial(look_up, self),
            update=update or partial(_change_all, self),
            delete=delete or partial(take_away, self),
        )


def make(calls: Calls, task: Task, inputs: Inputs) -> Created:
    """Create a thing by one call. Raises RequestError or TranslationError."""
    given = dict(inputs)
    name = named_by(calls, task, inputs)
    answer = task.call(calls.service, calls.create, **parameters_of(calls, task, inputs, given))
    path = _place(calls, task, calls.create, calls.described)
    thing = dig(answer.data, path) or {}
    outputs = _outputs(calls, task, path, thing, given)
    if calls.name is not None:
        outputs[calls.name.key] = name
    identifier = _identifier(calls, task, thing, given | outputs, answer)
    return Created(identifier, outputs | _templated(calls, task, identifier, given | outputs))


def _place(calls: Calls, task: Task, operation: str, place: str | None) -> str:
    """Where the operation's answer describes the thing: as the card says, or by its shape."""
    return task.api.path_of_thing(calls.service, operation) if place is None else place


def named_by(calls: Calls, task: Task, inputs: Inputs) -> str:
    """The physical name, given or made, left in the inputs; empty of what has none."""
    if calls.name is None:
        return ""
    key = calls.name.key
    inputs[key] = inputs.get(key) or task.auto_name(key, calls.name.limit)
    return str(inputs[key])


def parameters_of(
    calls: Calls, task: Task, inputs: Inputs, given: Mapping[str, Any]
) -> dict[str, Any]:
    """The parameters of the creation; uses the inputs up."""
    _complete(calls, inputs)
    if calls.prepare is not None:
        calls.prepare(task, inputs)
    told = _told_by_inputs(calls, task, given)
    name = {calls.name.parameter: inputs.take(calls.name.key)} if calls.name else {}
    fitted = _fitted(calls, task, calls.create, inputs)
    return told | fitted | name | dict(calls.fixed)


def _complete(calls: Calls, inputs: Inputs) -> None:
    """Leave the inputs as the API gets them: without the provider's own, with its defaults."""
    inputs.drop(*calls.provider_only)
    for key, value in calls.defaults.items():
        if inputs.get(key) is None:
            inputs[key] = value


def _fitted(calls: Calls, task: Task, operation: str, inputs: Inputs) -> dict[str, Any]:
    left = inputs.rest()
    wrapped = {calls.within: left} if calls.within else left
    return task.api.fitted(calls.service, operation, wrapped, calls.renames)


def _told_by_inputs(calls: Calls, task: Task, given: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters beside what the API wraps: which thing the settings are of."""
    if not calls.within:
        return {}
    known = set(given)
    return {
        parameter: filled(template, task, "", given)
        for parameter, template in calls.by.items()
        if template.strip("{}") in known
    }


def look_up(calls: Calls, task: Task, standing: Standing) -> Reading | None:
    """Read a thing by one call; None when it is gone."""
    if not calls.read:
        return Reading(thing={}, shown={})
    asked = calls if calls.read_by is None else replace(calls, by=calls.read_by, name=None)
    parameters = told_by(asked, task, calls.read, standing)
    try:
        answer = task.call(calls.service, calls.read, **parameters)
    except RequestError as error:
        if says_gone(calls, error):
            return None
        raise
    if not answer.emulated:
        return Reading(thing={}, shown={})
    path = _place(calls, task, calls.read, calls.found)
    thing = _meant(calls, task, answer.data, path, standing)
    if not thing or any(dig(thing, place) == value for place, value in calls.gone.items()):
        return None
    seen = shown(calls, task, path, thing, standing)
    if calls.tagging is not None and calls.tagging.read:
        seen |= _listed_tags(calls.service, calls.tagging, task, standing)
    return Reading(thing=thing, shown=seen, untold=calls.untold)


def _listed_tags(
    service: str, tagging: Tagging, task: Task, standing: Standing
) -> dict[str, Mapping[str, str]]:
    """The tags that the API lists apart from the description; nothing where neither has any."""
    planned: Mapping[str, str] = standing.inputs.get("tags") or {}
    which = _tagged(tagging, task, standing)
    fitted = task.api.fitted(service, tagging.read, which, {name: name for name in which})
    answer = task.call(service, tagging.read, **fitted)
    place, _, member = tagging.found.rpartition(".")
    listed = task.api.shown(
        DescribedBy(service, tagging.read, place),
        dig(answer.data, place),
        {"tags": planned},
        {"tags": member},
    )
    return listed if "tags" in standing.inputs or listed.get("tags") else {}


def _meant(calls: Calls, task: Task, data: Mapping[str, Any], path: str, standing: Standing) -> Any:
    """What the answer says of the thing itself, of all that it lists."""
    if not calls.among:
        return dig(data, path)
    known = _known(standing)
    wanted = {
        member: filled(template, task, standing.id, known)
        for member, template in calls.among.items()
    }
    listed: list[Any] = dig(data, path.removesuffix(".0")) or []
    return next(
        (each for each in listed if all(each.get(key) == wanted[key] for key in wanted)), None
    )


def shown(calls: Calls, task: Task, path: str, thing: Any, standing: Standing) -> dict[str, Any]:
    """What the API's description of a thing shows of its inputs and outputs."""
    planned = {**standing.outputs, **standing.inputs}
    return _described(calls, task, DescribedBy(calls.service, calls.read, path), thing, planned)


def _described(
    calls: Calls, task: Task, part: DescribedBy, thing: Any, wanted: Mapping[str, Any]
) -> dict[str, Any]:
    """Those of the wanted values that a part of an answer shows, and the outputs that have a place
    in it."""
    found = task.api.shown(part, thing, wanted, calls.renames)
    for output, place in calls.outputs.items():
        if "{" not in place and (value := dig(thing, place)) is not None:
            found[output] = value
    return found


def change(calls: Calls, task: Task, standing: Standing, inputs: Inputs) -> Created:
    """Change a thing in place: by one call with what differs (with all of it where the API wants
    that), and those that change its tags."""
    wanted = dict(inputs)
    if calls.tagging is not None:
        retag(calls.service, calls.tagging, task, standing, inputs.take("tags") or {})
    if calls.update == AS_CREATED:
        given = dict(inputs)
        parameters = parameters_of(calls, task, _with_name(calls, standing, inputs), given)
        task.call(calls.service, calls.create, **parameters)
        return Created(standing.id, standing.outputs)
    changed = differing(standing.inputs, inputs.rest(), without=calls.provider_only)
    if calls.tagging is not None:
        changed.pop("tags", None)
    if not changed and not (calls.whole and _dropped(calls, standing, wanted)):
        return Created(standing.id, standing.outputs)
    if not calls.update:
        raise RequestError(f"{', '.join(sorted(changed))}: the API changes nothing in place")
    sent = Inputs({key: wanted.get(key) for key in calls.repeated} | changed)
    if calls.whole:
        sent = Inputs(wanted)
        sent.drop(*(("tags",) if calls.tagging else ()))
        _complete(calls, sent)
    if calls.prepare is not None:
        calls.prepare(task, sent)
    fitted = _fitted(calls, task, calls.update, sent)
    which = told_by(calls, task, calls.update, standing) | seen(calls, task, standing)
    task.call(calls.service, calls.update, **(fitted | which | dict(calls.fixed_by_update)))
    return Created(standing.id, standing.outputs)


def _change_all(calls: Calls, task: Task, standing: Standing, inputs: Inputs) -> Created:
    """As `change`, where nothing else sees to an input that is no longer set."""
    dropped = _dropped(calls, standing, dict(inputs))
    if dropped and not calls.whole and calls.update != AS_CREATED:
        names = ", ".join(dropped)
        raise RequestError(f"{names}: no longer set, and its card tells no value to go back to")
    return change(calls, task, standing, inputs)


def _dropped(calls: Calls, standing: Standing, wanted: Mapping[str, Any]) -> list[str]:
    """Inputs that were set and no longer are."""
    left_out = {*calls.provider_only, *(("tags",) if calls.tagging else ()), *wanted}
    return [
        key for key, value in standing.inputs.items() if value is not None and key not in left_out
    ]


def seen(calls: Calls, task: Task, standing: Standing) -> dict[str, Any]:
    """The parameters that tell that the caller has seen the thing as it is: it is read for them."""
    if not calls.lock:
        return {}
    which = told_by(calls, task, calls.read, standing)
    answer = task.call(calls.service, calls.read, **which)
    return {key: answer.data.get(member, NOT_SEEN) for key, member in calls.lock.items()}


def _with_name(calls: Calls, standing: Standing, inputs: Inputs) -> Inputs:
    if calls.name is not None and not inputs.get(calls.name.key):
        inputs[calls.name.key] = standing.outputs.get(calls.name.key, standing.id)
    return inputs


def differing(
    old: Mapping[str, Any], new: Mapping[str, Any], without: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Inputs whose value is another one than before."""
    return {
        key: value for key, value in new.items() if key not in without and old.get(key) != value
    }


def retag(
    service: str, tagging: Tagging, task: Task, standing: Standing, wanted: Mapping[str, str]
) -> None:
    """Make the tags those that are wanted."""
    old: Mapping[str, str] = standing.inputs.get("tags") or {}
    which = _tagged(tagging, task, standing)
    added = differing(old, wanted)
    dropped = sorted(old.keys() - wanted.keys())
    removed = {key: old[key] for key in dropped} if tagging.keys == tagging.tags else dropped
    for operation, parameter, value in (
        (tagging.add, tagging.tags, added),
        (tagging.remove, tagging.keys, removed),
    ):
        if value:
            fitted = task.api.fitted(
                service, operation, {**which, parameter: value}, {parameter: parameter}
            )
            task.call(service, operation, **fitted)


def _tagged(tagging: Tagging, task: Task, standing: Standing) -> dict[str, str]:
    """The parameters that tell whose tags are meant."""
    of = filled(tagging.of, task, standing.id, _known(standing))
    return {**tagging.fixed, tagging.by: of}


def take_away(calls: Calls, task: Task, standing: Standing) -> None:
    """Delete a thing by one call. One that is gone already is no error."""
    if not calls.delete:
        return
    parameters = told_by(calls, task, calls.delete, standing) | dict(calls.fixed_by_delete)
    try:
        parameters |= seen(calls, task, standing)
        task.call(calls.service, calls.delete, **parameters)
    except RequestError as error:
        if not says_gone(calls, error):
            raise


def says_gone(calls: Calls, error: RequestError) -> bool:
    """Whether the API refuses because there is no such thing."""
    return error.says_gone or any(words in str(error) for words in calls.absent)


def told_by(calls: Calls, task: Task, operation: str, standing: Standing) -> dict[str, Any]:
    """The parameters that tell which thing an operation is about."""
    by = calls.by or ({calls.name.parameter: "{id}"} if calls.name else {})
    known = _known(standing)
    which = {name: filled(template, task, standing.id, known) for name, template in by.items()}
    return task.api.fitted(calls.service, operation, which, {name: name for name in which})


def _known(standing: Standing) -> dict[str, Any]:
    return {**standing.inputs, **standing.outputs}


def filled(template: str, task: Task, identifier: str, known: Mapping[str, Any]) -> str:
    """The template with the values that it names. Raises KeyError for one that is not known."""
    return template.format_map(
        {
            **known,
            "id": identifier,
            "region": task.region,
            "account": task.account_id,
        }
    )


def _identifier(
    calls: Calls, task: Task, thing: Any, known: Mapping[str, Any], answer: ApiAnswer
) -> str:
    if "{" in calls.identifier:
        return filled(calls.identifier, task, "", known)
    if calls.identifier:
        found = dig(thing, calls.identifier)
        if found is None and not answer.emulated:
            # Only checked: it goes by the id that the recorder invented, by its output's name.
            member = calls.identifier.rpartition(".")[2]
            output = member[:1].lower() + member[1:]
            invented = task.invented.get("id") or task.invented.get(output)
            return str(invented or task.auto_name("id", 36))
        if found is None:
            raise KeyError(calls.identifier)
        return str(found)
    if calls.name is not None:
        return str(known[calls.name.key])
    raise ValueError(f"{calls.create}: neither a name nor an identifier")


def _outputs(
    calls: Calls, task: Task, path: str, thing: Any, given: Mapping[str, Any]
) -> dict[str, Any]:
    """The outputs that the API's description shows, of those that the recorder invents."""
    invented = {
        key: value
        for key, value in task.invented.items()
        if key not in given and isinstance(value, str | int | float | bool)
    }
    return _described(calls, task, DescribedBy(calls.service, calls.create, path), thing, invented)


def _templated(
    calls: Calls, task: Task, identifier: str, known: Mapping[str, Any]
) -> dict[str, str]:
    return {
        output: filled(place, task, identifier, known)
        for output, place in calls.outputs.items()
        if "{" in place
    }
