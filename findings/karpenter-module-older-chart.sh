#!/usr/bin/env bash
# Karpenter's provider for AWS 1.14.1: the chart in its module is that of 1.13.0.
# Guess: charts/karpenter at a tag is the chart that is published under the tag's version.
# Seen: version and appVersion 1.13.0, and the image of that version by digest. Needs Go.
set -euo pipefail
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
export GOPATH=$folder GOFLAGS=-modcacherw
cd "$folder"
go mod download github.com/aws/karpenter-provider-aws@v1.14.1
chart=$folder/pkg/mod/github.com/aws/karpenter-provider-aws@v1.14.1/charts/karpenter
seen=$(grep -E '^(version|appVersion):' "$chart/Chart.yaml"; sed -n 's/^ *tag: \(1\..*\)/tag: \1/p' "$chart/values.yaml")
echo "$seen"
[[ $seen == $'version: 1.13.0\nappVersion: 1.13.0\ntag: 1.13.0' ]]
