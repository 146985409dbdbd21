"""Text that a provider computes, for what must be text: policies, URLs, digests."""

from __future__ import annotations

from pulumi import Input, Output

NO_HOST = "not-computed.invalid"
"""In place of a host that nobody computed: a name that never resolves (RFC 2606, section 2)."""


def computed_text(value: Input[str | None], otherwise: str = "") -> Output[str]:
    """The text, or `otherwise` where nobody computed it.

    A provider answers with every output that it declares, but the mocks of Pulumi's guide on unit
    tests answer with a resource's inputs alone, and then the SDK reads None.
    """
    return Output.from_input(value).apply(lambda text: otherwise if text is None else text)
