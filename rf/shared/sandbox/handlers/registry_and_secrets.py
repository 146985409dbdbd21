"""ECR repositories and Secrets Manager secrets."""

# ruff: noqa: D103 - the token above each handler says what it creates

from __future__ import annotations

from rf.shared.sandbox.registry import Created, Inputs, Task, handles


@handles("aws:ecr/repository:Repository")
def repository(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 256)
    inputs.drop("forceDelete")
    answer = task.send(
        "ecr",
        "CreateRepository",
        inputs.rest(),
        {"encryptionConfigurations": "encryptionConfiguration"},
        repositoryName=name,
    )["repository"]
    known = {"arn": answer["repositoryArn"], "name": name, "repositoryUrl": answer["repositoryUri"]}
    return Created(name, known | {"registryId": answer["registryId"]})


@handles("aws:ecr/lifecyclePolicy:LifecyclePolicy")
def lifecycle_policy(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("repository")
    task.send(
        "ecr",
        "PutLifecyclePolicy",
        inputs.rest(),
        {"policy": "lifecyclePolicyText"},
        repositoryName=name,
    )
    return Created(name)


@handles("aws:ecr/repositoryPolicy:RepositoryPolicy")
def repository_policy(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("repository")
    task.send(
        "ecr", "SetRepositoryPolicy", inputs.rest(), {"policy": "policyText"}, repositoryName=name
    )
    return Created(name)


@handles("aws:secretsmanager/secret:Secret")
def secret(task: Task, inputs: Inputs) -> Created:
    name = inputs.take("name") or task.auto_name("name", 512)
    inputs.drop("recoveryWindowInDays")
    if not inputs.get("replicas"):
        inputs.drop("replicas")  # the API takes no empty list, and the provider sends none
    policy = inputs.take("policy")
    answer = task.send(
        "secretsmanager",
        "CreateSecret",
        inputs.rest(),
        {
            "forceOverwriteReplicaSecret": "ForceOverwriteReplicaSecret",
            "replicas": "AddReplicaRegions",
        },
        Name=name,
    )
    if policy:
        task.call(
            "secretsmanager", "PutResourcePolicy", SecretId=answer["ARN"], ResourcePolicy=policy
        )
    return Created(answer["ARN"], {"arn": answer["ARN"], "name": name})


@handles("aws:secretsmanager/secretVersion:SecretVersion")
def secret_version(task: Task, inputs: Inputs) -> Created:
    owner = inputs["secretId"]
    answer = task.send("secretsmanager", "PutSecretValue", inputs.rest())
    known = {"versionId": answer["VersionId"], "arn": answer["ARN"]}
    return Created(f"{owner}|{answer['VersionId']}", known)
