"""Rules of what the edge writes down: enough to find an intruder, nothing of a patient."""

from __future__ import annotations

from collections.abc import Iterator

from ..shared.rule import Resource, Rule, RuleLayer, StackResources
from ..shared.tokens import ACCESS_LOG_DELIVERY, WEB_ACL, WEB_ACL_LOG
from ..shared.values import at, listed

PRIVATE_FIELDS = ("cs-uri-query", "cs(Cookie)", "cs(Referer)")
"""Fields of an access log that may name a patient or open a session."""

REDACTED = ("authorization", "cookie", "referer")
HIDDEN = ("SINGLE_HEADER", "SINGLE_COOKIE", "QUERY_STRING", "BODY")
"""What WAF may see of a request and must not keep in its samples."""


def _fields(resource: Resource, stack: StackResources) -> Iterator[str]:
    fields = listed(resource.inputs, "recordFields")
    if not fields:
        yield "records every field, the query and cookies among them"
    private = [field for field in PRIVATE_FIELDS if field in fields]
    if private:
        yield f"records {', '.join(private)}"


def _redacted(resource: Resource, stack: StackResources) -> Iterator[str]:
    fields = listed(resource.inputs, "redactedFields")
    hidden = {str(at(each, "singleHeader.name", "")).lower() for each in fields}
    shown = [name for name in REDACTED if name not in hidden]
    if not any("queryString" in each for each in fields):
        shown.append("the query")
    if shown:
        yield f"records {', '.join(shown)} of what it stopped"


def _samples(resource: Resource, stack: StackResources) -> Iterator[str]:
    protected = listed(resource.inputs, "dataProtectionConfig.dataProtections")
    hidden = {at(each, "field.fieldType") for each in protected}
    shown = [kind for kind in HIDDEN if kind not in hidden]
    if shown:
        yield f"shows {', '.join(shown)} in its samples"


RULES = (
    Rule(
        id="access-log-without-query",
        layer=RuleLayer.AUDIT,
        demand="The access log has no query, cookie or referrer.",
        reason="Searches name patients and illnesses, cookies open sessions.",
        source="CloudFront developer guide, Standard logging, Fields; HIPAA, 45 CFR 164.502(b)",
        remedy="keep the fields of `components/edge/access_log.py`",
        types=(ACCESS_LOG_DELIVERY,),
        check=_fields,
    ),
    Rule(
        id="firewall-log-redacted",
        layer=RuleLayer.AUDIT,
        demand="The firewall's log has no credential and no query.",
        reason="What was stopped by mistake was a patient's request.",
        source="AWS WAF developer guide, Logging fields, redacted; HIPAA, 45 CFR 164.502(b)",
        remedy="keep redactedFields of `components/edge/firewall.py`",
        types=(WEB_ACL_LOG,),
        check=_redacted,
    ),
    Rule(
        id="firewall-samples-redacted",
        layer=RuleLayer.AUDIT,
        demand="The firewall's samples have no credential, no query and no body.",
        reason="Whoever may open the console of WAF reads them.",
        source="AWS WAF developer guide, Data protection; HIPAA, 45 CFR 164.502(b)",
        remedy="keep dataProtectionConfig of `components/edge/firewall.py`",
        types=(WEB_ACL,),
        check=_samples,
    ),
)
