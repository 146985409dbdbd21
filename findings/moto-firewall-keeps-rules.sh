#!/usr/bin/env bash
# moto 5.2.5: UpdateWebACL with no rules leaves the old ones in place.
# Guess: an update replaces the rules by those of the request, an empty list by none, as WAFv2 documents.
# Seen: the answer is a new lock token, and GetWebACL still has the rule.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'moto[wafv2]==5.2.5' boto3==1.44.5 botocore==1.44.8
export AWS_ACCESS_KEY_ID=testing AWS_SECRET_ACCESS_KEY=testing AWS_DEFAULT_REGION=us-east-1
"$folder/venv/bin/python" - <<'PY'
import boto3
from moto import mock_aws

VISIBLE = {
    "SampledRequestsEnabled": False,
    "CloudWatchMetricsEnabled": False,
    "MetricName": "m",
}

with mock_aws():
    waf = boto3.client("wafv2")
    rule = {
        "Name": "limit",
        "Priority": 1,
        "Statement": {"RateBasedStatement": {"Limit": 1000, "AggregateKeyType": "IP"}},
        "Action": {"Block": {}},
        "VisibilityConfig": VISIBLE,
    }
    common = {"Name": "acl", "Scope": "REGIONAL"}
    settings = {"DefaultAction": {"Allow": {}}, "VisibilityConfig": VISIBLE}
    acl = waf.create_web_acl(**common, **settings, Rules=[rule])["Summary"]
    before = waf.get_web_acl(**common, Id=acl["Id"])
    waf.update_web_acl(
        **common, **settings, Id=acl["Id"], LockToken=before["LockToken"], Rules=[]
    )
    rules = waf.get_web_acl(**common, Id=acl["Id"])["WebACL"]["Rules"]
    print("rules after the update without any:", [each["Name"] for each in rules])
    assert [each["Name"] for each in rules] == ["limit"], "this has changed"
PY
