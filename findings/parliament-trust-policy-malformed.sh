#!/usr/bin/env bash
# parliament 1.6.4: a role's trust policy is no policy to it.
# Guess: it checks one as it checks others, or says that it can't.
# Seen: MALFORMED, for want of a Resource, which IAM refuses in a trust policy.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check parliament==1.6.4 setuptools==75.8.0
"$folder/venv/bin/python" - <<'PY'
import json

from parliament import analyze_policy_string

policy = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
    ],
}
seen = [(each.issue, each.detail) for each in analyze_policy_string(json.dumps(policy)).findings]
print(*seen)
assert seen == [("MALFORMED", "Statement contains neither Resource nor NotResource")], seen
PY
