"""ACM certificates, and the hosted zone with the records that prove and serve them."""

# ruff: noqa: D103 - the token above each handler says what it creates

from __future__ import annotations

from typing import Any

from rf.shared.sandbox.registry import Created, Inputs, Task, handles


@handles("aws:acm/certificate:Certificate")
def certificate(task: Task, inputs: Inputs) -> Created:
    imported = "certificateBody" in inputs
    if imported:
        answer = task.send(
            "acm", "ImportCertificate", inputs.rest(), {"certificateBody": "Certificate"}
        )
        return Created(answer["CertificateArn"], {"arn": answer["CertificateArn"]})
    arn = task.send(
        "acm",
        "RequestCertificate",
        inputs.rest(),
        {
            "validationOptions": "DomainValidationOptions",
            "certificateTransparencyLoggingPreference": "CertificateTransparencyLoggingPreference",
        },
    )["CertificateArn"]
    described = task.call("acm", "DescribeCertificate", CertificateArn=arn)["Certificate"]
    proofs = [
        {
            "domainName": option["DomainName"],
            "resourceRecordName": option["ResourceRecord"]["Name"],
            "resourceRecordType": option["ResourceRecord"]["Type"],
            "resourceRecordValue": option["ResourceRecord"]["Value"],
        }
        for option in described.get("DomainValidationOptions", [])
        if "ResourceRecord" in option
    ]
    known: dict[str, Any] = {"arn": arn, "status": described["Status"]}
    return Created(arn, known | ({"domainValidationOptions": proofs} if proofs else {}))


@handles("aws:acm/certificateValidation:CertificateValidation")
def certificate_validation(task: Task, inputs: Inputs) -> Created:
    """Not a thing in AWS: the provider waits here until the certificate is issued.

    The emulator issues on its own, so only the certificate's existence is asked for.
    """
    arn = inputs.take("certificateArn")
    inputs.drop("validationRecordFqdns", "timeouts")
    task.call("acm", "DescribeCertificate", CertificateArn=arn)
    return Created(arn, {"certificateArn": arn})


@handles("aws:route53/zone:Zone")
def zone(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name")
    inputs.drop("forceDestroy")
    tags = inputs.take("tags") or {}
    comment = inputs.take("comment") or "Managed by Pulumi"
    answer = task.send(
        "route53",
        "CreateHostedZone",
        inputs.rest(),
        Name=name,
        CallerReference=task.urn[-128:],
        HostedZoneConfig={"Comment": comment},
    )
    identifier = answer["HostedZone"]["Id"].removeprefix("/hostedzone/")
    if tags:
        pairs = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
        task.call(
            "route53",
            "ChangeTagsForResource",
            ResourceType="hostedzone",
            ResourceId=identifier,
            AddTags=pairs,
        )
    servers = answer["DelegationSet"]["NameServers"]
    known = {"zoneId": identifier, "arn": f"arn:aws:route53:::hostedzone/{identifier}"}
    return Created(identifier, known | {"nameServers": servers, "primaryNameServer": servers[0]})


@handles("aws:route53/record:Record")
def record(task: Task, inputs: Inputs) -> Created:
    zone_id, name, kind = inputs.take("zoneId"), inputs.take("name"), inputs.take("type")
    action = "UPSERT" if inputs.take("allowOverwrite") else "CREATE"
    aliases = inputs.take("aliases") or []
    values = inputs.take("records") or []
    failover = inputs.take("failoverRoutingPolicies") or []
    content: dict[str, Any] = {"name": name, "type": kind} | inputs.rest()
    if failover:
        content["failover"] = failover[0]["type"]
    if aliases:
        content["aliasTarget"] = {
            "hostedZoneId": aliases[0]["zoneId"],
            "dNSName": aliases[0]["name"],
            "evaluateTargetHealth": aliases[0]["evaluateTargetHealth"],
        }
    if values:
        content["resourceRecords"] = [{"value": value} for value in values]
    change = {"action": action, "resourceRecordSet": content}
    task.send(
        "route53",
        "ChangeResourceRecordSets",
        {"changeBatch": {"changes": [change]}},
        {"ttl": "TTL"},
        HostedZoneId=zone_id,
    )
    return Created(f"{zone_id}_{name}_{kind}", {"fqdn": str(name).rstrip(".")})
