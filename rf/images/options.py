"""`rf images`: its options."""
# ruff: noqa: PLC0415 - each command loads what it needs: the SDKs take seconds, `--help` should not

from __future__ import annotations

from typing import Annotated

import typer

from rf.shared.command_line import AsJson, progress, reported


def images(
    stack: Annotated[
        str | None,
        typer.Option(metavar="STACK", help="One stack's images; those of all if left out."),
    ] = None,
    repin: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="With --pin: take the new digest of a moved tag too."),
    ] = None,
    *,
    pin: Annotated[
        bool, typer.Option("--pin", help="Ask registries, show digests, and write them down.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Ask registries whether a pinned tag has moved.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --pin: write without asking.")] = False,
    as_json: AsJson = False,
) -> None:
    """List others' images by tag and digest; pin digests, or check that no tag has moved.

    Exit code 1 where a pinned tag has moved, or an image is missing or could not be asked about.
    """
    if pin and check:
        raise typer.BadParameter("--pin or --check, not both")
    if (repin or yes) and not pin:
        raise typer.BadParameter("--repin and --yes go with --pin")
    if pin and as_json and not yes:
        raise typer.BadParameter("--pin with --json asks nothing: add --yes")
    with reported():
        from rf.images.answers import asked, checked, images_of_stacks
        from rf.images.view import show_answers, show_list, show_written

        found = images_of_stacks(stack)
        if not pin and not check:
            show_list(found, as_json=as_json)
            return
        from rf.shared.registry_client import RegistryClient

        with progress("Asking registries") as told:
            answers = asked((each for each in found if each.takes_digest), RegistryClient(), told)
        if check:
            show_answers(answers, as_json=as_json)
            raise typer.Exit(0 if checked(answers) else 1)
        from rf.images.pins import to_pin, write

        pins = to_pin(answers, repin or ())
        show_answers(answers, as_json=as_json, pinning=pins)
        if pins and (yes or typer.confirm(f"Write {len(pins)} digests?", err=True)):
            write(pins)
            show_written(pins, as_json=as_json)
            left = [each for each in answers if each not in pins]
        else:
            left = answers
    raise typer.Exit(0 if all(each.standing == "as pinned" for each in left) else 1)
