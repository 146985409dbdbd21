"""The break-glass role: who may assume it, what it may do, and how its sessions run."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rendering.cluster.documents import cluster_arn
from rendering.shared.iam_documents import policy_document, statement

IDLE_MINUTES = 15
MAX_SESSION_MINUTES = 60
"""An emergency that lasts longer opens another session."""

PORT_FORWARDING = "AWS-StartPortForwardingSessionToRemoteHost"
"""AWS's own document: a port of this machine leads through a node to one host's port."""


def trust(account_id: str, principals: Sequence[str]) -> str:
    """Those principals; with none named, whoever the account's IAM lets, by a second factor.

    Named ones need no factor here: a role of an identity provider's users carries none, because the
    provider has asked for it.
    """
    named = {"AWS": sorted(principals)}
    allow = {
        "Effect": "Allow",
        "Principal": named if principals else {"AWS": f"arn:aws:iam::{account_id}:root"},
        "Action": "sts:AssumeRole",
    }
    with_factor = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    return policy_document(allow if principals else {**allow, "Condition": with_factor})


def role_policy(
    *,
    region: str,
    account_id: str,
    prefix: str,
    node_name: str,
    session_document: str,
    secret_arn: str,
    data_key_arn: str,
) -> str:
    """Sessions on the nodes that carry the Name tag `node_name`, and the ways on from there.

    What it does in the cluster is said by its access entry. Everything that changes anything else
    is left to the account's administrators.
    """
    sessions = f"arn:aws:ssm:{region}:{account_id}:session/${{aws:userid}}-*"
    documents = [
        f"arn:aws:ssm:{region}:{account_id}:document/{session_document}",
        f"arn:aws:ssm:{region}::document/{PORT_FORWARDING}",
    ]
    return policy_document(
        statement(
            "EnterNodes",
            ["ssm:StartSession"],
            [f"arn:aws:ec2:{region}:{account_id}:instance/*"],
            {
                "StringEquals": {"ssm:resourceTag/Name": node_name},
                # Without it a session could leave the document, and with it the log, out.
                "BoolIfExists": {"ssm:SessionDocumentAccessCheck": "true"},
            },
        ),
        statement("ByTheseDocuments", ["ssm:StartSession"], documents),
        statement("EndOwnSessions", ["ssm:ResumeSession", "ssm:TerminateSession"], [sessions]),
        statement("FindNodes", ["ec2:DescribeInstances"], ["*"]),
        statement(
            "FindCluster", ["eks:DescribeCluster"], [cluster_arn(region, account_id, prefix)]
        ),
        statement(
            "FindDatabase",
            ["rds:DescribeDBInstances"],
            [f"arn:aws:rds:{region}:{account_id}:db:{prefix}-*"],
        ),
        statement("ReadDatabasePassword", ["secretsmanager:GetSecretValue"], [secret_arn]),
        statement(
            "DecryptIt",
            ["kms:Decrypt"],
            [data_key_arn],
            {"StringEquals": {"kms:ViaService": f"secretsmanager.{region}.amazonaws.com"}},
        ),
    )


def session_log_policy(log_group_arn: str, region: str, account_id: str) -> str:
    """What the agent on a node needs to write a session's log: the node's role, not the person's.

    (Systems Manager user guide, "Verify or add instance permissions for Session Manager".)
    """
    return policy_document(
        statement(
            "WriteSessionLog",
            ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            [log_group_arn, f"{log_group_arn}:*"],
        ),
        statement(
            "FindLogGroup",
            ["logs:DescribeLogGroups"],
            [f"arn:aws:logs:{region}:{account_id}:log-group:*"],
        ),
    )


def session_document(log_group: str) -> str:
    """A shell whose every line is logged while it is typed; refused where the log isn't encrypted.

    (Systems Manager user guide, "Session document schema".)
    """
    inputs = {
        "cloudWatchLogGroupName": log_group,
        "cloudWatchEncryptionEnabled": True,
        "cloudWatchStreamingEnabled": True,
        "idleSessionTimeout": str(IDLE_MINUTES),
        "maxSessionDuration": str(MAX_SESSION_MINUTES),
        "runAsEnabled": False,
    }
    document = {
        "schemaVersion": "1.0",
        "description": "A logged shell on a node, for emergencies",
        "sessionType": "Standard_Stream",
        "inputs": inputs,
    }
    return json.dumps(document, sort_keys=True)
