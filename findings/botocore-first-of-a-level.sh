#!/usr/bin/env bash
# botocore 1.44.8: `register_first` of a whole service comes after what was registered for one operation.
# Guess: it goes before all handlers of `register`, as its docstring says, and the last one registered so is
# the very first.
# Seen: "first" holds among handlers of the same event name alone: names are gone through from the longest
# to the shortest. Among several, they go in the order in which they were registered.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check botocore==1.44.8
"$folder/venv/bin/python" - <<'PY'
from botocore.hooks import HierarchicalEmitter

emitter, called = HierarchicalEmitter(), []


def handler(name):
    return lambda **_: called.append(name)


emitter.register("before-call.ecr.DescribeImages", handler("of the operation"))
emitter.register_first("before-call.ecr", handler("first of the service"))
emitter.register_first("before-call.ecr", handler("first of the service, registered later"))
emitter.emit("before-call.ecr.DescribeImages")
print(called)
assert called == [
    "of the operation",
    "first of the service",
    "first of the service, registered later",
], called
PY
