"""Writes `docs/licences.md`: under which licence each chart, image and package is.

`python -m tools.reference.licences > docs/licences.md`; a test compares it with the committed
file, and refuses a licence that is neither permissive nor explained.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from scaleplan.cluster.charts import CHARTS
from scaleplan.images.charts import CHART_IMAGES
from scaleplan.images.stack import known_images
from tools.reference.markdown import table
from tools.supply_chain.packages import PERMISSIVE, locked_packages

EXPLAINED = {
    "AGPL-3.0-only": "Grafana, run as it is published: who changes it must give its users the "
    "changed source (section 13)",
    "AGPL-3.0-or-later": "StackGres, run as it is published, in stacks with Citus alone; the same",
    "GPL-3.0-or-later": "pglast, for `rf check sharding` alone: who distributes this program "
    "together with it is bound by it; who runs it is not",
    "LGPL-3.0-only": "psycopg, imported and not changed",
}
"""Licences that ask for something, and why that is borne here."""

_HEAD = """\
# Licences

Of all that others have made and a stack or its operators run, by SPDX's names. Generated from the
tables of charts and images and from the lock files
(`python -m tools.reference.licences > docs/licences.md`). A licence that is neither permissive nor
explained below fails the tests. Of an image it is that of the program in it: what else its layers
hold, as Alpine's or Debian's packages, a scanner of the image tells. The databases and caches that
AWS runs are bought as services. Packages of Windows alone are not listed.
"""


class UnexplainedLicenceError(Exception):
    """Something has come in under a licence that nobody has judged."""


def render() -> str:
    """The page. Raises UnexplainedLicenceError, and what `locked_packages` does."""
    charts = {each.chart: each.licence for each in CHART_IMAGES}
    rows_of_charts = [(each.short_name, each.version, charts[each.short_name]) for each in CHARTS]
    rows_of_images = [(each.address, each.tag, each.licence) for each in known_images()]
    packages = [(each.name, each.version, each.licence, each.lock) for each in locked_packages()]
    used = {row[2] for row in (*rows_of_charts, *rows_of_images, *packages)}
    explained = [(name, EXPLAINED[name]) for name in sorted(set(unpermissive(used)))]
    return "\n".join(
        (
            _HEAD,
            "## What asks for something\n",
            table(["licence", "what and why"], explained),
            "## Charts\n",
            table(["chart", "version", "licence"], rows_of_charts),
            "## Images\n",
            table(["image", "tag", "licence"], rows_of_images),
            "## Python packages\n",
            "`first in` is the smallest lock file with it: those of `requirements.txt` deploy.\n",
            table(["package", "version", "licence", "first in"], packages),
        )
    )


def unpermissive(expressions: set[str]) -> Iterator[str]:
    """The licences that hold where no permissive one may be chosen."""
    for expression in expressions:
        choices = [re.split(r" AND ", each.strip("()")) for each in expression.split(" OR ")]
        least = min(
            ([name for name in every if name not in PERMISSIVE] for every in choices), key=len
        )
        for name in least:
            if name not in EXPLAINED:
                raise UnexplainedLicenceError(f"{expression}: nobody has judged {name}")
            yield name


if __name__ == "__main__":
    sys.stdout.write(render())
