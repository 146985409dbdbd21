#!/usr/bin/env bash
# PyYAML 6.0.3 and ruamel.yaml 0.19.1: a short hash may become a number between the two.
# Guess: a text that PyYAML writes is a text to whoever reads it; it quotes "012", "1.5" and "true".
# Seen: digits with a leading nought and an 8 or 9, and digits with an "e", stand bare. PyYAML reads YAML 1.1, in
# which they are texts; in 1.2 they are numbers, as an annotation with a hash must not be for Kubernetes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyyaml==6.0.3 ruamel.yaml==0.19.1
"$folder/venv/bin/python" - <<'PY'
import yaml
from ruamel.yaml import YAML

seen = {}
for text in ("0835437813", "12e4", "012"):
    written = yaml.safe_dump({"hash": text})
    seen[written.strip()] = (yaml.safe_load(written)["hash"], YAML(typ="safe").load(written)["hash"])
for written, read in seen.items():
    print(written, "->", *map(repr, read))
assert seen == {
    "hash: 0835437813": ("0835437813", 835437813),
    "hash: 12e4": ("12e4", 120000.0),
    "hash: '012'": ("012", "012"),
}, seen
PY
