"""Who gets into the cluster and, when all else fails, to the database; and what is watched."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from scaleplan.config.section import Allowed
from scaleplan.sizes import Section

_PRINCIPAL = re.compile(r"arn:aws:iam::\d{12}:(role|user)/[A-Za-z0-9+=,.@_/-]{1,512}")

Principals = Annotated[
    tuple[str, ...],
    Allowed(
        "a list of IAM roles or users, each once, as [arn:aws:iam::123456789012:role/operators]; "
        "of a role its own ARN, not that of a session (arn:aws:sts::...)"
    ),
]


class AccessSettings(Section):
    """People's ways in, by the ARN of their IAM role or user.

    Whoever runs the first deployment is administrator anyway; the program needs no entry here.
    """

    admins: Annotated[
        Principals, Field(description="may do everything in the cluster (access entries)")
    ] = ()
    viewers: Annotated[
        Principals,
        Field(description="may read the applications' namespace, Secrets excepted"),
    ] = ()
    previewers: Annotated[
        Principals,
        Field(
            description="may read all of the cluster, Secrets with Helm's releases too: "
            "for `pulumi preview` in CI"
        ),
    ] = ()
    break_glass: Annotated[
        Principals,
        Field(
            description="may assume the break-glass role; where none is named, whoever the "
            "account's IAM lets, with MFA"
        ),
    ] = ()

    @field_validator("admins", "viewers", "previewers", "break_glass")
    @classmethod
    def _principals_are_roles_or_users(cls, principals: tuple[str, ...]) -> tuple[str, ...]:
        known = all(_PRINCIPAL.fullmatch(principal) for principal in principals)
        if not known or len(set(principals)) != len(principals):
            raise PydanticCustomError("principals", "are no roles or users, or one twice")
        return principals

    @field_validator("viewers", "previewers")
    @classmethod
    def _nobody_is_in_two(cls, named: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        # A principal has one access entry.
        for other in ("admins", "viewers"):
            both = set(named) & set(info.data.get(other, ()))
            if both:
                allowed = f"principals that are not among {other}, unlike {min(both)}"
                raise PydanticCustomError("principals", "are both", {"allowed": allowed})
        return named


GUARD_DUTY_FEATURES = ("EKS_AUDIT_LOGS", "RDS_LOGIN_EVENTS", "S3_DATA_EVENTS")
"""GuardDuty API, `DetectorFeature`. Runtime monitoring is left out: it puts an agent of its own on
every node, with more memory than the arithmetic of nodes has for it."""


class AuditSettings(Section):
    """What watches the account beside CloudTrail, which every stack has."""

    guard_duty: Annotated[
        bool,
        Field(description="GuardDuty watches account and region, for EKS, RDS and S3"),
    ] = False
    # Last, because it is judged by the other.
    guard_duty_adopted: Annotated[
        bool,
        Field(
            description="another stack or the organisation has the detector, of which an account "
            "and region have one: the stack makes none, and `rf preflight` asks that one for what "
            "this stack wants watched"
        ),
    ] = Field(default=False, validate_default=True)

    @field_validator("guard_duty_adopted")
    @classmethod
    def _only_what_watches_is_adopted(cls, adopted: bool, info: ValidationInfo) -> bool:
        if adopted and info.data.get("guard_duty") is False:
            allowed = "true beside guardDuty: true alone: else nothing is asked to watch"
            raise PydanticCustomError("detector", "adopts nothing", {"allowed": allowed})
        return adopted
