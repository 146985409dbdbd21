"""What external-dns may write: names below the stack's domain in its zone, and none of the stack's.

After the permissions in its AWS tutorial (chart 1.21.1, docs/tutorials/aws.md), less deleting, less
every other zone, and less the names that the program itself writes.
"""

from __future__ import annotations

from rendering.shared.iam_documents import policy_document, statement

NAMESPACE = "external-dns"

RECORD_TYPES = ("A", "AAAA", "CNAME", "TXT")
"""Addresses and aliases, and the text beside each that says whose it is."""


def zone_records_policy(zone_id: str, domain: str, own_names: tuple[str, ...]) -> str:
    """Create and overwrite records of `zone_id` below `domain`, but none of `own_names`.

    The domain's own records are not below it. Which zones there are can't be asked for one alone.
    """
    zone = f"arn:aws:route53:::hostedzone/{zone_id}"
    names = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
    return policy_document(
        statement(
            "WriteNames",
            ["route53:ChangeResourceRecordSets"],
            [zone],
            {
                "ForAllValues:StringLike": {names: [f"*.{domain}"]},
                "ForAllValues:StringNotEquals": {names: sorted(own_names)},
                "ForAllValues:StringEquals": {
                    "route53:ChangeResourceRecordSetsActions": ["CREATE", "UPSERT"],
                    "route53:ChangeResourceRecordSetsRecordTypes": list(RECORD_TYPES),
                },
            },
        ),
        statement(
            "ReadZone",
            ["route53:ListResourceRecordSets", "route53:ListTagsForResources"],
            [zone],
        ),
        statement("FindZones", ["route53:ListHostedZones"], ["*"]),
    )
