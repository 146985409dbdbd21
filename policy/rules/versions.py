"""Rules of versions that someone would resolve later: an operator, a service, a registry.

What stays open on purpose: the minor of RDS and the patch of ElastiCache and Amazon MQ, which come
in the stack's own windows; the build of a managed group's image, which EKS names when it is made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from .shared.objects import WITH_PODS, containers_of
from .shared.rule import Resource, Rule, RuleLayer, StackResources
from .shared.tokens import (
    ADDON,
    BROKER,
    CITUS,
    CLUSTER,
    DATABASE,
    NODE_CLASS,
    NODE_GROUP,
    REDIS,
    RELEASE,
)
from .shared.values import UNKNOWN, at, listed

FORMS: Mapping[str, tuple[str, str]] = {
    ADDON: ("addonVersion", r"v\d+\.\d+\.\d+-eksbuild\.\d+"),
    BROKER: ("engineVersion", r"\d+\.\d+(\.\d+)?"),
    CITUS: ("spec.postgres.version", r"\d+\.\d+"),
    CLUSTER: ("version", r"\d+\.\d+"),
    DATABASE: ("engineVersion", r"\d+(\.\d+)?"),
    NODE_GROUP: ("version", r"\d+\.\d+"),
    REDIS: ("engineVersion", r"\d+\.\d+(\.\d+)?"),
    # Without any version, and of a range of them, the rule charts-pinned speaks.
    RELEASE: ("version", r"(?!v?\d+(\.\d+)?$).*"),
}
"""Where a type says its version, and how it is written so that nobody else chooses."""

_INHERITING = ("replicateSourceDb", "restoreToPointInTime", "snapshotIdentifier")
"""What an instance has its engine's version from."""

_OWN_REGISTRY = re.compile(r"\d{12}\.dkr\.ecr\.")
"""Its tags are immutable, by another rule."""


def _named(resource: Resource, stack: StackResources) -> Iterator[str]:
    if resource.type == DATABASE and any(each in resource.inputs for each in _INHERITING):
        return
    path, form = FORMS[resource.type]
    version = str(at(resource.inputs, path, ""))
    if not re.fullmatch(form, version):
        yield f"{path} is {version or 'not set'}: someone else chooses, at another time"


def _extensions_named(resource: Resource, stack: StackResources) -> Iterator[str]:
    extensions = listed(resource.inputs, "spec.postgres.extensions")
    if not any(at(each, "name") == "citus" for each in extensions):
        yield "names no Citus: the operator installs the one that it likes best"
    for each in extensions:
        if not at(each, "version"):
            yield f"{at(each, 'name')} has no version: the newest of the catalogue's channel"


def _image_dated(resource: Resource, stack: StackResources) -> Iterator[str]:
    for term in listed(resource.inputs, "spec.amiSelectorTerms"):
        alias = str(at(term, "alias", ""))
        if alias.endswith("@latest"):
            continue  # of that the rule machine-image-pinned speaks
        if alias and not re.fullmatch(r"\w+@v[\d.]+", alias):
            yield f"takes {alias}: machines change under the pods, unreviewed"
        elif not alias and not at(term, "id"):
            yield "takes whatever image answers to its tags or its name"


def _tag_whole(resource: Resource, stack: StackResources) -> Iterator[str]:
    for each in containers_of(resource):
        image = str(each["image"])
        if image == UNKNOWN or "@sha256:" in image or _OWN_REGISTRY.match(image):
            continue
        tag = image.rsplit("/", 1)[-1].partition(":")[2]
        # Of none, and of latest, the rule image-not-latest speaks.
        if tag not in ("", "latest") and not re.match(r"v?\d+\.\d+", tag):
            yield f"{at(each, 'name')} runs {image}: a tag that its makers move on"


RULES = (
    Rule(
        id="versions-named",
        layer=RuleLayer.PROGRAM,
        demand="Clusters, engines, add-ons and charts name a version that nobody resolves later.",
        reason=(
            "StackGres makes of PostgreSQL 16 the newest minor it knows, at every change; after "
            "its own upgrade that is another one than runs, refused or taken at the next restart."
        ),
        source="StackGres 1.18.6, DefaultPostgresVersionMutator; 1.17.4, PostgresConfigValidator",
        remedy="name it in `scaleplan/versions.yaml`, or in `citus.postgresVersion`",
        types=tuple(FORMS),
        check=_named,
    ),
    Rule(
        id="extensions-named",
        layer=RuleLayer.DATABASE,
        demand="Citus' cluster names the version of each extension, Citus first.",
        reason="Another library than the tables are of refuses every query until ALTER EXTENSION.",
        source="StackGres 1.18.6, getCitusShardedClusterExtensions; Citus, metadata_cache.c",
        remedy="name it in `scaleplan/versions.yaml`",
        types=(CITUS,),
        check=_extensions_named,
    ),
    Rule(
        id="machine-image-dated",
        layer=RuleLayer.CLUSTER,
        demand="Karpenter's machine image is one release, by its date or its id.",
        reason="An alias without one, a name or a tag is whatever appeared last.",
        source="Karpenter docs, NodeClasses, spec.amiSelectorTerms",
        remedy="name a release in `scaleplan/versions.yaml`",
        types=(NODE_CLASS,),
        check=_image_dated,
    ),
    Rule(
        id="image-tags-whole",
        layer=RuleLayer.WORKLOADS,
        demand="Images of others have a tag with two numbers at least, or a digest.",
        reason="postgres:16-alpine is another server after each release, at a pod's next start.",
        source="Kubernetes docs, Images, Image names; Docker official images, supported tags",
        remedy="name the release in `scaleplan/versions.yaml`",
        types=WITH_PODS,
        check=_tag_whole,
    ),
)
