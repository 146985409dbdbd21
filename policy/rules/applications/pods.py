"""Rules of pods: what they run, what they may do, and what they need."""

from __future__ import annotations

from collections.abc import Iterator

from ..shared.objects import (
    SERVING,
    WITH_PODS,
    chooses,
    containers_of,
    is_application,
    labels_of,
    pod_of,
)
from ..shared.rule import Level, Resource, Rule, RuleLayer, StackResources
from ..shared.secret_forms import secret_form
from ..shared.tokens import (
    CLUSTER_SECRET,
    CONFIG_MAP,
    CRON_JOB,
    DEPLOYMENT,
    JOB,
    RELEASE,
    REPOSITORY,
    SERVICE_ACCOUNT,
    STORED_VERSION,
)
from ..shared.values import UNKNOWN, at, is_true, leaves, listed


def _image_tags(resource: Resource, stack: StackResources) -> Iterator[str]:
    if at(resource.inputs, "imageTagMutability") != "IMMUTABLE":
        yield "lets a tag be moved to another image"
    if not is_true(resource.inputs, "imageScanningConfiguration.scanOnPush"):
        yield "scans no image"
    for each in listed(resource.inputs, "encryptionConfigurations") or ({},):
        if at(each, "encryptionType") != "KMS":
            yield "is not encrypted with a key of the stack"


def _no_plain_urls(resource: Resource, stack: StackResources) -> Iterator[str]:
    for path, value in leaves(resource.inputs):
        if isinstance(value, str) and value.startswith(("redis://", "amqp://")):
            yield f"{path} is a URL without TLS"


def _powers(resource: Resource, stack: StackResources) -> Iterator[str]:
    pod = pod_of(resource)
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if at(pod, key):
            yield f"{key} joins it with the machine"
    for volume in listed(pod, "volumes"):
        if "hostPath" in volume:
            yield f"volume {volume['name']} is the machine's"
    for each in containers_of(resource):
        name, own = each["name"], at(each, "securityContext", {})
        if at(own, "privileged"):
            yield f"{name} is privileged"
        if at(own, "allowPrivilegeEscalation", True) is not False:
            yield f"{name} may gain privileges"
        if at(own, "capabilities.drop") != ["ALL"] or at(own, "capabilities.add"):
            yield f"{name} keeps capabilities"
        if any("hostPort" in port for port in listed(each, "ports")):
            yield f"{name} takes a port of the machine"


def _non_root(resource: Resource, stack: StackResources) -> Iterator[str]:
    shared = at(pod_of(resource), "securityContext", {})
    for each in containers_of(resource):
        own = at(each, "securityContext", {})
        if at(own, "runAsNonRoot", at(shared, "runAsNonRoot")) is not True:
            yield f"{each['name']} may run as root"
        if at(own, "runAsUser", at(shared, "runAsUser", 1)) == 0:
            yield f"{each['name']} runs as root"
        if not (at(own, "seccompProfile") or at(shared, "seccompProfile")):
            yield f"{each['name']} has no seccomp profile"


def _read_only(resource: Resource, stack: StackResources) -> Iterator[str]:
    for each in containers_of(resource):
        if at(each, "securityContext.readOnlyRootFilesystem") is not True:
            yield f"{each['name']} may write its own files"


def _limited(resource: Resource, stack: StackResources) -> Iterator[str]:
    for each in containers_of(resource):
        for path in ("requests.cpu", "requests.memory", "limits.cpu", "limits.memory"):
            if not at(each, f"resources.{path}"):
                yield f"{each['name']} has no {path}"


def _probed(resource: Resource, stack: StackResources) -> Iterator[str]:
    containers = listed(pod_of(resource), "containers")
    for each in containers:
        if "livenessProbe" not in each:
            yield f"{each['name']} has no livenessProbe: it may hang for ever"
    for each in containers[:1]:
        if "readinessProbe" not in each:
            yield f"{each['name']} has no readinessProbe: it gets requests before it is ready"


def _image_pinned(resource: Resource, stack: StackResources) -> Iterator[str]:
    for each in containers_of(resource):
        image = str(each["image"])
        if image == UNKNOWN:
            continue
        name = image.rsplit("/", 1)[-1]
        if "@sha256:" not in image and (":" not in name or name.endswith(":latest")):
            yield f"{each['name']} runs {name}: whatever that is at the next start"


def _token(resource: Resource, stack: StackResources) -> Iterator[str]:
    if resource.type == SERVICE_ACCOUNT:
        if is_application(resource) and at(resource.inputs, "automountServiceAccountToken", True):
            yield "gives a token of the API server to whatever pod names it"
    elif at(pod_of(resource), "automountServiceAccountToken", True) is not False:
        yield "gets a token of the API server that it never uses"


def _job_ends(resource: Resource, stack: StackResources) -> Iterator[str]:
    spec = at(resource.inputs, "spec", {})
    if resource.type == CRON_JOB:
        if at(spec, "concurrencyPolicy", "Allow") != "Forbid":
            yield "may run twice at once"
        for key in ("failedJobsHistoryLimit", "successfulJobsHistoryLimit"):
            if at(spec, key) is None or not 1 <= at(spec, key) <= 10:
                yield f"{key} isn't between 1 and 10"
        spec = at(spec, "jobTemplate.spec", {})
    if not at(spec, "activeDeadlineSeconds"):
        yield "may run for ever"
    if at(spec, "backoffLimit") is None:
        yield "is tried again six times, whatever that repeats"
    if resource.type == JOB and at(spec, "ttlSecondsAfterFinished") is not None:
        yield "deletes itself, its log and its result; the next deployment would run it again"


def _no_secret_readable(resource: Resource, stack: StackResources) -> Iterator[str]:
    for path, value in leaves(resource.inputs):
        if isinstance(value, str) and secret_form(value):
            yield f"{path} looks like a credential, which anyone may read who may read objects"


def _spread(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not is_application(resource):
        return
    spread = listed(pod_of(resource), "topologySpreadConstraints")
    keys = {at(each, "topologyKey") for each in spread}
    missing = {"topology.kubernetes.io/zone", "kubernetes.io/hostname"} - keys
    if missing:
        yield f"may stand in one {' and one '.join(sorted(k.rsplit('/', 1)[-1] for k in missing))}"
    for each in spread:
        if not chooses(at(each, "labelSelector.matchLabels", {}), labels_of(resource)):
            yield "spreads other pods than its own"


def _rolls(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not is_application(resource):
        return
    if at(resource.inputs, "spec.strategy.type", "RollingUpdate") != "RollingUpdate":
        yield "stops all its pods before new ones start"
    elif at(resource.inputs, "spec.strategy.rollingUpdate.maxUnavailable", "25%") != 0:
        yield "is short of pods while it rolls out"


def _service_link(resource: Resource, stack: StackResources) -> Iterator[str]:
    if not at(resource.inputs, "metadata.namespace"):
        yield "goes to the namespace `default`"
    if is_true(pod_of(resource), "enableServiceLinks"):
        yield "gets every Service of the namespace as variables"


RULES = (
    Rule(
        id="images-immutable",
        layer=RuleLayer.STORAGE,
        demand="Image repositories are immutable, scanned, and encrypted with a key of the stack.",
        reason="A moved tag runs code that nobody reviewed, at the next restart of a pod.",
        source="AWS Security Hub, ECR.1, ECR.2, ECR.5",
        remedy="set imageTagMutability, scanOnPush and a KMS encryptionConfiguration",
        types=(REPOSITORY,),
        check=_image_tags,
    ),
    Rule(
        id="urls-say-tls",
        layer=RuleLayer.REDIS,
        demand="No object carries a redis:// or amqp:// URL.",
        reason="A client believes its URL: without TLS it sends the password in the clear.",
        source="IANA, URI schemes; RabbitMQ docs, URI specification",
        remedy="write rediss:// or amqps://",
        types=(
            CONFIG_MAP,
            CLUSTER_SECRET,
            DEPLOYMENT,
            STORED_VERSION,
        ),
        check=_no_plain_urls,
    ),
    Rule(
        id="pods-unprivileged",
        layer=RuleLayer.WORKLOADS,
        demand="No pod has a power over its machine, and containers drop all capabilities.",
        reason="A hole in a library is then a hole in one container, not in the machine.",
        source="Kubernetes docs, Pod Security Standards, restricted; AWS Security Hub, ECS.5",
        remedy="use `components/applications/pod_template.py`",
        types=WITH_PODS,
        check=_powers,
    ),
    Rule(
        id="pods-non-root",
        layer=RuleLayer.WORKLOADS,
        demand="No container runs as root, and each has a seccomp profile.",
        reason="Root in the container is root on the machine if the kernel has a hole.",
        source="Kubernetes docs, Pod Security Standards, restricted",
        remedy="set runAsNonRoot and seccompProfile RuntimeDefault",
        types=WITH_PODS,
        check=_non_root,
    ),
    Rule(
        id="pods-read-only",
        layer=RuleLayer.WORKLOADS,
        demand="Every container's root filesystem is read-only.",
        reason="What can't be written can't be replaced by an intruder.",
        source="EKS best practices, Pod security; CIS Kubernetes Benchmark, 5.2",
        remedy="set readOnlyRootFilesystem, and mount an emptyDir for /tmp",
        types=WITH_PODS,
        check=_read_only,
    ),
    Rule(
        id="pods-limited",
        layer=RuleLayer.WORKLOADS,
        demand="Every container requests and limits CPU and memory.",
        reason="Without them the scheduler guesses, and one pod starves its neighbours.",
        source="scale plan, Resource Estimates by Scale; Kubernetes docs, Resource management",
        remedy="give `resources` with requests and limits",
        types=WITH_PODS,
        check=_limited,
    ),
    Rule(
        id="pods-probed",
        layer=RuleLayer.WORKLOADS,
        demand="What serves has a readiness probe, and every container of it a liveness probe.",
        reason="Requests go to pods that can't answer; hung ones stay.",
        source="scale plan, Kubernetes Deployment; Kubernetes docs, Probes",
        remedy="give the probes of `rendering/applications/pods.py`",
        types=SERVING,
        check=_probed,
    ),
    Rule(
        id="image-not-latest",
        layer=RuleLayer.WORKLOADS,
        demand="Every image has a version or a digest, never `latest`.",
        reason="The same commit would run other code tomorrow, and a rollback wouldn't roll back.",
        source="Kubernetes docs, Images, Image names",
        remedy="name a tag or a digest in `images`, or in `scaleplan/versions.yaml`",
        types=WITH_PODS,
        check=_image_pinned,
    ),
    Rule(
        id="no-api-token",
        layer=RuleLayer.WORKLOADS,
        demand="No pod gets a token of the API server.",
        reason="None of the applications talks to it; an intruder would.",
        source="CIS Kubernetes Benchmark, 5.1.6",
        remedy="set automountServiceAccountToken false",
        types=(*WITH_PODS, SERVICE_ACCOUNT),
        check=_token,
    ),
    Rule(
        id="jobs-end-and-are-kept",
        layer=RuleLayer.WORKLOADS,
        demand="A Job has a deadline and a number of tries, and is kept with its log.",
        reason="A migration that hangs blocks every release; one that vanished ran or didn't.",
        source="Kubernetes docs, Jobs, and CronJob, history limits",
        remedy="set activeDeadlineSeconds and backoffLimit; no ttlSecondsAfterFinished",
        types=(JOB, CRON_JOB),
        check=_job_ends,
    ),
    Rule(
        id="no-readable-secret",
        layer=RuleLayer.WORKLOADS,
        demand="No ConfigMap, pod or value of a chart holds a credential.",
        reason="They are read by everyone who may look, printed in diffs, and logged.",
        source="HIPAA Security Rule, 45 CFR 164.312(a)(1); Kubernetes docs, Secrets",
        remedy="keep it in a Secret and refer to it",
        types=(CONFIG_MAP, RELEASE, *WITH_PODS),
        check=_no_secret_readable,
    ),
    Rule(
        id="pods-spread",
        layer=RuleLayer.WORKLOADS,
        demand="The applications' pods spread over zones and machines.",
        reason="Two replicas on one machine are one.",
        source="Kubernetes docs, Pod Topology Spread Constraints",
        remedy="give topologySpreadConstraints for zone and hostname",
        types=(DEPLOYMENT,),
        check=_spread,
    ),
    Rule(
        id="rollout-keeps-capacity",
        layer=RuleLayer.WORKLOADS,
        demand="A rollout of an application never goes below its replicas.",
        reason="The capacity checks count all of them.",
        source="Kubernetes docs, Deployments, maxUnavailable",
        remedy="set maxUnavailable 0",
        types=(DEPLOYMENT,),
        check=_rolls,
    ),
    Rule(
        id="pods-in-a-namespace",
        layer=RuleLayer.WORKLOADS,
        demand="Every pod is in a named namespace and isn't told of every Service.",
        reason="`default` has no quota and no policy.",
        source="CIS Kubernetes Benchmark, 5.7.4",
        remedy="set metadata.namespace, and enableServiceLinks false",
        types=WITH_PODS,
        level=Level.ADVISORY,
        check=_service_link,
    ),
)
