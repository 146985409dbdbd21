"""The edge's functions: routes of the single-page application, and organizations of other cells."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws
from pulumi import ComponentResource, Output, ResourceOptions

from rendering.edge.functions import CellNames, application_code, pages_code


@dataclass(frozen=True, kw_only=True)
class Routers:
    """ARNs of the functions, and of the store that they look organizations up in."""

    pages: Output[str]
    """The function of pages and files, which gives routes of the application index.html."""

    application: Output[str] | None = None
    """The function of API and sockets, which sends organizations on; None where there are no other
    cells."""

    directory: Output[str] | None = None
    """The store of which organization is in which cell; None where there are no other cells."""


def routers(
    name: str, prefix: str, cells: CellNames | None, parent: ComponentResource, *, protect: bool
) -> Routers:
    """The functions of the distribution. `cells` None: this is the only cell, or not the home.

    The directory is empty at first and is no part of the program's state: whoever creates or moves
    an organization writes its entry. CloudFront runs one function an event and behaviour, so pages
    have one that does both.
    """
    if cells is None:
        return Routers(pages=_function(f"{name}-spa-router", pages_code(None), None, parent))
    directory = aws.cloudfront.KeyValueStore(
        f"{name}-organizations",
        name=f"{prefix}-organizations",
        comment="Opaque organization id to cell",
        # Losing it would serve every organization here.
        opts=ResourceOptions(parent=parent, protect=protect),
    )
    return Routers(
        pages=_function(f"{name}-spa-router", pages_code(cells), directory.arn, parent),
        application=_function(
            f"{name}-organization-router", application_code(cells), directory.arn, parent
        ),
        directory=directory.arn,
    )


def _function(
    name: str, code: str, directory: Output[str] | None, parent: ComponentResource
) -> Output[str]:
    function = aws.cloudfront.Function(
        name,
        comment=(
            "Routes of the single-page application get index.html"
            if name.endswith("spa-router")
            else "Organizations of another cell are sent there"
        ),
        runtime="cloudfront-js-2.0",
        code=code,
        key_value_store_associations=[directory] if directory is not None else None,
        publish=True,
        opts=ResourceOptions(parent=parent),
    )
    return function.arn
