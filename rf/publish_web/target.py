"""Finds the bucket and the distribution of a stack in the account of the shell's credentials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from rendering.shared.bucket_documents import bucket_name
from rf.publish_web.store import CredentialsMissingError, PublishError, Store
from scaleplan.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Clients:
    """boto3 clients of one account and region."""

    sts: Any
    s3: Any
    cloudfront: Any


def clients_of(settings: Settings) -> Clients:
    """Clients with the shell's credentials, in the stack's region."""
    session = boto3.Session(region_name=settings.region)
    return Clients(
        sts=session.client("sts"), s3=session.client("s3"), cloudfront=session.client("cloudfront")
    )


def store_of(settings: Settings, clients: Clients) -> Store:
    """The stack's static bucket and distribution, both known by name.

    Raises CredentialsMissingError without credentials, PublishError with those of another account
    than `awsAccountId`, and where the bucket or the distribution isn't there or isn't the only one.
    """
    try:
        account = clients.sts.get_caller_identity()["Account"]
        if settings.aws_account_id not in (None, account):
            raise PublishError(
                f"the credentials are of account {account}, the stack's is "
                f"{settings.aws_account_id} (awsAccountId)"
            )
        bucket = bucket_name(settings.prefix, "static", account, settings.region)
        clients.s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=account)
        pages = clients.cloudfront.get_paginator("list_distributions").paginate()
        distributions = [
            entry["Id"]
            for page in pages
            for entry in page["DistributionList"].get("Items", [])
            if entry.get("Comment") == settings.prefix
        ]
    except NoCredentialsError as error:
        raise CredentialsMissingError(f"no credentials for AWS: {error}") from error
    except (ClientError, BotoCoreError) as error:
        raise PublishError(
            f"can't find the bucket and distribution of {settings.prefix}: {error}; "
            "is the stack up, and do AWS_PROFILE or its like name its account?"
        ) from error
    if len(distributions) != 1:
        raise PublishError(
            f"{len(distributions)} distributions are called {settings.prefix}:"
            " the stack has exactly one"
        )
    return Store(clients.s3, clients.cloudfront, bucket, distributions[0])
