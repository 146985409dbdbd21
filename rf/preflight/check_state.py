"""The stack's secrets provider and backend: the rules of `rf check state`, and then the account.

Where they are AWS's own, the key must be usable and the bucket must keep versions, be encrypted and
be closed to the public.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import yaml

from rf.check.state.files import backend_url, findings
from rf.check.state.policy import StateStatus
from rf.preflight.row import Answer, PreflightRow, RowStatus, row_of
from rf.shared.account.account import Account, UnreadableError
from rf.shared.account.need import Need
from rf.shared.account.owned import Owner
from rf.shared.project import PROJECT_ROOT

_STATUSES = {
    StateStatus.FINE: RowStatus.PASS,
    StateStatus.WARNING: RowStatus.PASS,
    StateStatus.WRONG: RowStatus.FAIL,
    StateStatus.UNKNOWN: RowStatus.UNKNOWN,
}


def state(account: Account, need: Need, _owner: Owner) -> Iterator[PreflightRow]:
    """Who encrypts the state's secrets, and where the state is."""
    stack = need.settings.stack
    for each in findings(PROJECT_ROOT, [stack], need.settings.project):
        yield PreflightRow(
            check="state",
            subject=each.rule,
            status=_STATUSES[each.state],
            needed="as docs/preflight.md says of state and secrets",
            found=each.found,
            fix=each.fix,
        )
    text = (PROJECT_ROOT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")
    yield from key_rows(account, str(yaml.safe_load(text).get("secretsprovider") or ""))
    yield from bucket_rows(account, backend_url(PROJECT_ROOT) or "")


def key_rows(account: Account, provider: str) -> Iterator[PreflightRow]:
    """The KMS key of an `awskms` secrets provider."""
    if not provider.startswith("awskms:"):
        return
    parts = urlsplit(provider)
    key = f"{parts.netloc}{parts.path}".lstrip("/")
    region = parse_qs(parts.query).get("region", [account.region])[0]

    def question() -> Answer:
        answer = account.read("kms", "DescribeKey", region=region, KeyId=key)["KeyMetadata"]
        return answer["KeyState"] == "Enabled", answer["KeyState"]

    yield row_of("state", f"key {key}", "enabled", f"aws kms enable-key --key-id {key}", question)


def bucket_rows(account: Account, backend: str) -> Iterator[PreflightRow]:
    """The bucket of an S3 backend."""
    if not backend.startswith("s3://"):
        return
    parts = urlsplit(backend)
    bucket = parts.netloc
    region = parse_qs(parts.query).get("region", [account.region])[0]

    def versions() -> Answer:
        answer = account.read("s3", "GetBucketVersioning", region=region, Bucket=bucket)
        return answer.get("Status") == "Enabled", str(answer.get("Status", "never turned on"))

    def encryption() -> Answer:
        answer = account.read("s3", "GetBucketEncryption", region=region, Bucket=bucket)
        rules = answer["ServerSideEncryptionConfiguration"]["Rules"]
        ways = [each["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] for each in rules]
        return bool(ways), ", ".join(ways)

    def closed() -> Answer:
        try:
            answer = account.read("s3", "GetPublicAccessBlock", region=region, Bucket=bucket)
        except UnreadableError as error:
            if error.code == "NoSuchPublicAccessBlockConfiguration":
                return False, "no public access block"
            raise
        blocks = answer["PublicAccessBlockConfiguration"]
        open_ways = sorted(name for name, on in blocks.items() if not on)
        return not open_ways, f"off: {', '.join(open_ways)}" if open_ways else "all four on"

    at = f"--bucket {bucket}"
    yield row_of(
        "state",
        f"versions of {bucket}",
        "on: a broken state can be taken back",
        f"aws s3api put-bucket-versioning {at} --versioning-configuration Status=Enabled",
        versions,
    )
    yield row_of(
        "state",
        f"encryption of {bucket}",
        "on",
        f"aws s3api put-bucket-encryption {at}",
        encryption,
    )
    yield row_of(
        "state",
        f"public access of {bucket}",
        "blocked in all four ways",
        f"aws s3api put-public-access-block {at} --public-access-block-configuration"
        " BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,"
        "RestrictPublicBuckets=true",
        closed,
    )
