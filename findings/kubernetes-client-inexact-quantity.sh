#!/usr/bin/env bash
# kubernetes 35.0.0 (Python client): format_quantity writes whole numbers of a small suffix as long fractions.
# Guess: 1000 CPUs in millicores are "1000000m", as Decimal is exact and parse_quantity takes it so.
# Seen: "999999.9999999999791833182883m"; the suffix's factor is a binary float. In Ki it is exact.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check kubernetes==35.0.0
"$folder/venv/bin/python" - <<'PY'
from decimal import Decimal

from kubernetes.utils.quantity import format_quantity, parse_quantity

seen = [format_quantity(parse_quantity(each), unit) for each, unit in (("1000", "m"), ("0.1", "m"), ("1536", "Ki"))]
print(*seen)
assert seen == ["999999.9999999999791833182883m", "99.99999999999999791833182883m", "1.5Ki"], seen
assert parse_quantity("1000000m") == Decimal(1000)
PY
