"""The map of cells: who lives where, and what is wrong with it."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from scaleplan.edge.cells import EUROPEAN
from scaleplan.settings import Settings

LETTERS = string.ascii_uppercase


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One stack's share of the organizations."""

    name: str
    stack: str
    region: str
    organizations: str
    address: str
    home: bool


def cells_of(stacks: Mapping[str, Settings]) -> list[Cell]:
    """The cells among the stacks, the home first. A stack without `cell.name` is none."""
    cells = [
        Cell(
            name=settings.cell.name,
            stack=stack,
            region=settings.region,
            organizations=settings.cell.organizations,
            address=settings.domain or "",
            home=not settings.cell.home,
        )
        for stack, settings in stacks.items()
        if settings.cell.name
    ]
    return sorted(cells, key=lambda cell: (not cell.home, cell.name))


def faults_of(stacks: Mapping[str, Settings]) -> list[str]:
    """What is wrong with the map, a sentence each: gaps, overlaps, and cells that don't know each
    other. Empty where it is right, or where there are no cells."""
    members = {stack: settings for stack, settings in stacks.items() if settings.cell.name}
    if not members:
        return []
    return [
        *_homes(members),
        *_coverage(members),
        *_names(members),
        *_networks(members),
    ]


def _homes(members: Mapping[str, Settings]) -> list[str]:
    homes = [stack for stack, settings in members.items() if not settings.cell.home]
    if len(homes) != 1:
        named = ", ".join(homes) or "none"
        return [f"there must be one home, the cell that names no home; there is {named}"]
    (home,) = homes
    faults = [
        f"{stack} names {settings.cell.home} as its home; the home is {home}"
        for stack, settings in members.items()
        if home not in (stack, settings.cell.home)
    ]
    listed = set(members[home].cell.others)
    standing = {settings.cell.name for stack, settings in members.items() if stack != home}
    faults += [f"{home} sends to the cell {name}, which no stack is" for name in listed - standing]
    faults += [
        f"{home} doesn't list the cell {name} in cell.others: nobody would be sent there"
        for name in standing - listed
    ]
    base = members[home].domain
    faults += [
        f"{stack} answers at {settings.domain}; {home} sends to {settings.cell.name}.{base}"
        for stack, settings in members.items()
        if stack != home and settings.domain != f"{settings.cell.name}.{base}"
    ]
    return sorted(faults)


def _coverage(members: Mapping[str, Settings]) -> list[str]:
    faults = []
    for european in (False, True):
        group = {s: v for s, v in members.items() if v.cell.european is european}
        where = "European organizations" if european else "organizations outside the EU"
        if not group:
            hint = f"a cell with organizations: {EUROPEAN}" if european else "a cell for them"
            faults.append(f"gap: {where} live nowhere; add {hint}")
            continue
        homes = {
            letter: [stack for stack, v in sorted(group.items()) if _holds(v, letter)]
            for letter in LETTERS
        }
        gaps = _ranges([letter for letter, stacks in homes.items() if not stacks])
        faults += [f"gap: {where} {span} live nowhere" for span in gaps]
        for first, second in combinations(sorted(group), 2):
            shared = [letter for letter, stacks in homes.items() if {first, second} <= set(stacks)]
            faults += [
                f"overlap: {where} {span} live in {first} and in {second}"
                for span in _ranges(shared)
            ]
    return faults


def _holds(settings: Settings, letter: str) -> bool:
    first, last = settings.cell.initials
    return first <= letter <= last


def _ranges(letters: Sequence[str]) -> list[str]:
    """Neighbouring letters as A-C; a lone one as A."""
    spans: list[list[str]] = []
    for letter in letters:
        if spans and ord(letter) == ord(spans[-1][-1]) + 1:
            spans[-1].append(letter)
        else:
            spans.append([letter])
    return [span[0] if len(span) == 1 else f"{span[0]}-{span[-1]}" for span in spans]


def _names(members: Mapping[str, Settings]) -> list[str]:
    return [
        f"overlap: {first} and {second} are both called {members[first].cell.name}"
        for first, second in combinations(sorted(members), 2)
        if members[first].cell.name == members[second].cell.name
    ]


def _networks(members: Mapping[str, Settings]) -> list[str]:
    """Cells are joined by peering or VPN sooner or later; addresses can't change then."""
    return [
        f"overlap: {first} and {second} share addresses, {members[first].vpc_cidr} and "
        f"{members[second].vpc_cidr}"
        for first, second in combinations(sorted(members), 2)
        if members[first].vpc_cidr.overlaps(members[second].vpc_cidr)
    ]
