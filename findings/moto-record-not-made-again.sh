#!/usr/bin/env bash
# moto 5.2.5: a Route 53 record that was deleted can not be created again while another sorts after it.
# Guess: CREATE after DELETE of the same record works, as it does in Route 53.
# Seen: InvalidChangeBatch, it already exists.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'moto[route53]==5.2.5' boto3==1.44.5 botocore==1.44.8
export AWS_ACCESS_KEY_ID=testing AWS_SECRET_ACCESS_KEY=testing AWS_DEFAULT_REGION=us-east-1
"$folder/venv/bin/python" - <<'PY'
import boto3
from botocore.exceptions import ClientError
from moto import mock_aws


def change(client, zone, action, name):
    record = {
        "Name": name,
        "Type": "A",
        "TTL": 60,
        "ResourceRecords": [{"Value": "192.0.2.1"}],
    }
    client.change_resource_record_sets(
        HostedZoneId=zone,
        ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": record}]},
    )


with mock_aws():
    client = boto3.client("route53")
    zone = client.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"]
    change(client, zone, "CREATE", "a.example.com")
    change(client, zone, "CREATE", "b.example.com")
    change(client, zone, "DELETE", "a.example.com")
    names = [
        each["Name"]
        for each in client.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
        if each["Type"] == "A"
    ]
    print("records:", names)
    assert names == ["b.example.com."]
    try:
        change(client, zone, "CREATE", "a.example.com")
    except ClientError as error:
        print("created again:", error.response["Error"]["Message"])
    else:
        raise SystemExit("it was created: this has changed")
PY
