"""Images that pods will pull, and names that must be free or already this stack's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rf.preflight.row import PreflightRow, row_of
from rf.shared.account.account import Account
from rf.shared.account.names import existing
from rf.shared.account.need import Need
from rf.shared.account.owned import Owner
from rf.shared.cards.naming import Answer, Leftover, Naming
from rf.shared.cards.registry import all_cards

_ELSEWHERE = "another stack or somebody else has it: choose another stack name, or remove that"


def images(account: Account, need: Need, _owner: Owner) -> Iterator[PreflightRow]:
    """Each application's image by the tag or digest of the stack file."""
    for name, pin in need.settings.images.model_dump().items():
        repository = f"{need.settings.prefix}/{name}"
        key = "imageDigest" if pin.startswith("sha256:") else "imageTag"

        def question(repository: str = repository, key: str = key, pin: str = pin) -> Answer:
            found = existing(
                account,
                "ecr",
                "DescribeImages",
                "imageDetails",
                repositoryName=repository,
                imageIds=[{key: pin}],
            )
            return bool(found), "it is there" if found else "no such repository or image"

        yield row_of(
            "image",
            f"{repository}:{pin}" if key == "imageTag" else f"{repository}@{pin}",
            "in ECR before its pods start",
            "the repositories are made in the first minutes: `pulumi up --target"
            f" '**registry-{name}**' --target-dependents`, then `docker push` that image",
            question,
        )


def names(account: Account, need: Need, owner: Owner) -> Iterator[PreflightRow]:
    """Every explicit name that two can't have, and what an earlier stack left behind under it."""
    kinds = [(card.type, card.naming) for card in all_cards() if isinstance(card.naming, Naming)]
    for token, naming in kinds:
        for name, region in _given(need, token, naming.key):
            yield row_of(
                "name",
                f"{naming.title} {name}",
                "free, or this stack's own",
                _ELSEWHERE,
                lambda name=name, naming=naming, region=region: naming.state(
                    account.at(region), owner, name
                ),
            )
    for token, naming in kinds:
        if naming.leftover is not None:
            yield from _leftovers(
                account, naming.leftover, _given(need, token, naming.leftover.key)
            )


def _given(need: Need, token: str, key: str) -> list[tuple[str, str]]:
    """The explicit names of a type, each with the region that it stands in."""
    named = ((each.get(key), each.get("region")) for each in need.inputs(token))
    return [
        (text, str(region or need.settings.region))
        for text, region in named
        if text and isinstance(text, str)
    ]


def _leftovers(
    account: Account, leftover: Leftover, given: Iterable[tuple[str, str]]
) -> Iterator[PreflightRow]:
    for name, region in given:
        yield row_of(
            "name",
            f"{leftover.title} {name}",
            "free: removing the stack makes it",
            leftover.fix.format(name=name),
            lambda name=name, region=region: leftover.state(account.at(region), name),
        )
