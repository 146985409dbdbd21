"""Writes into `docs/supply-chain.md`, between its two marks, how each chart is told of its images.

`python -m tools.reference.supply_chain` rewrites the page; a test compares it with the committed
one.
"""

from __future__ import annotations

from rf.shared.files import replaced
from rf.shared.project import PROJECT_ROOT
from scaleplan.images.charts import CHART_IMAGES, ChartImage, ChartImages
from scaleplan.images.image import DigestKey
from tools.reference.markdown import table

PAGE = PROJECT_ROOT / "docs" / "supply-chain.md"
BEGIN = "<!-- charts: python -m tools.reference.supply_chain -->\n"
END = "<!-- end of charts -->\n"

_DIGEST_KEYS = {
    DigestKey.TAG: "`tag`, behind the tag",
    DigestKey.SHA: "`sha`, without `sha256:`",
    DigestKey.SHA_WITH_ALGORITHM: "`sha`",
    DigestKey.DIGEST: "`digest`",
    DigestKey.NONE: "none",
}


def render(page: str) -> str:
    """The page with its table written anew. Raises ValueError where a mark is missing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name} lacks {BEGIN.strip()} or {END.strip()}")
    rows = [
        (listed.chart, f"`{image.address}`", _place(listed, image), _DIGEST_KEYS[image.by])
        for listed in CHART_IMAGES
        for image in listed.images
    ]
    text = table(["chart", "image", "another place by", "a digest by"], rows)
    return f"{before}{BEGIN}\n{text}\n{END}{after}"


def _place(listed: ChartImages, image: ChartImage) -> str:
    if not image.section:
        return f"`{listed.registry}`, of all of them"
    if image.split:
        return f"`{image.section}`: `registry`, `repository`"
    return f"`{image.section}.repository`"


if __name__ == "__main__":
    text = render(PAGE.read_text(encoding="utf-8"))
    with replaced(PAGE) as file:
        file.write_text(text, encoding="utf-8")
