"""The images that charts run, and the values by which a chart is told another place or a digest.

Read in each chart's values and templates at the version that is pinned: a chart at any other
version is refused until its images were read again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from scaleplan.images.image import DigestKey, Image
from scaleplan.settings import Settings
from scaleplan.versions.table import load_versions


def _always(_: Settings) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class ChartImage(Image):
    """An image that a chart runs.

    `section` are its values of the image, with dots, where there are any, and `split` where the
    registry has a key of its own there. `runs`: in which of the stacks that install the chart.
    """

    section: str = ""
    split: bool = False
    by: DigestKey = DigestKey.TAG
    runs: Callable[[Settings], bool] = field(default=_always, compare=False)

    @property
    def takes_digest(self) -> bool:
        """Not where the program that names the image knows tags alone."""
        return self.by is not DigestKey.NONE


@dataclass(frozen=True, kw_only=True)
class ChartImages:
    """All that one chart runs at one version.

    `licence` is the chart's own. `registry` is the key of the value that names the registry of all
    images, and `host` what it says by itself, where they have no keys of their own. `source` is
    where that was read.
    """

    chart: str
    version: str
    source: str
    licence: str
    images: Sequence[ChartImage]
    registry: str = ""
    host: str = ""


APACHE, MIT = "Apache-2.0", "MIT"
_AGPL = "AGPL-3.0-or-later"


def _keda(name: str, section: str, image: str) -> ChartImage:
    return ChartImage(
        name=name,
        address=f"ghcr.io/kedacore/{image}",
        tag="2.20.2",
        licence=APACHE,
        holds="its certificate's key",
        section=f"image.{section}",
        split=True,
    )


def _prometheus(name: str, address: str, tag: str, section: str, holds: str = "") -> ChartImage:
    return ChartImage(
        name=name,
        address=address,
        tag=tag,
        licence=APACHE,
        holds=holds,
        section=section,
        split=True,
        by=DigestKey.SHA,
    )


def _temporal(image: str, tag: str, section: str, holds: str) -> ChartImage:
    return ChartImage(
        name=f"temporal-{image}",
        address=f"temporalio/{image}",
        tag=tag,
        licence=MIT,
        holds=holds,
        section=f"{section}.image",
        runs=(lambda settings: settings.workflows.web) if section == "web" else _always,
    )


def _stackgres(name: str, image: str, tag: str, licence: str, holds: str = "") -> ChartImage:
    return ChartImage(
        name=f"stackgres-{name}",
        address=f"quay.io/{image}",
        tag=tag,
        licence=licence,
        holds=holds,
        by=DigestKey.NONE,
    )


_SUPERUSER = "the passwords of Citus' superuser and replication"
_BUILD = "build-6.49"

STACKGRES = "stackgres-operator"
PATRONI, POSTGRES_UTIL = "stackgres-patroni", "stackgres-postgres-util"

_BUILDS: Mapping[str, tuple[str, str]] = {
    "16.0": ("6.30", "3.2.2"),
    "16.1": ("6.31", "3.3.0"),
    "16.2": ("6.35", "3.3.2"),
    "16.3": ("6.37", "3.3.3"),
    "16.4": ("6.39", "4.0.4"),
    "16.6": ("6.41", "4.0.5"),
    "16.8": ("6.41", "4.0.5"),
    "16.10": ("6.44", "4.1.0"),
    "16.11": ("6.47", "4.1.0"),
    "16.12": ("6.48", "4.1.0"),
    "16.13": ("6.49", "4.1.0"),
}
"""Of a minor of PostgreSQL, the build of its images and the Patroni in them (ongres/stackgres
1.18.6, versions-1.18.properties; Component.java pairs the two by build)."""


def _patroni_tag(postgres: str) -> str:
    build, patroni = _BUILDS[postgres]
    return f"v{patroni}-pg{postgres}-build-{build}"


def _util_tag(postgres: str) -> str:
    return f"v{postgres}-build-{_BUILDS[postgres][0]}"


_PINNED_POSTGRES = load_versions().pin("citus-postgresql").pinned

CHART_IMAGES = (
    ChartImages(
        chart="karpenter-crd",
        version="1.14.1",
        source="aws/karpenter-provider-aws v1.14.1, charts/karpenter-crd: CRDs alone",
        licence=APACHE,
        images=(),
    ),
    ChartImages(
        chart="prometheus-operator-crds",
        version="31.0.1",
        source="prometheus-community/helm-charts prometheus-operator-crds-31.0.1: CRDs alone",
        licence=APACHE,
        images=(),
    ),
    ChartImages(
        chart="keda",
        version="2.20.2",
        source="kedacore/charts v2.20.2, keda/values.yaml, templates/*/deployment.yaml",
        licence=APACHE,
        images=(
            _keda("keda-operator", "keda", "keda"),
            _keda("keda-metrics-apiserver", "metricsApiServer", "keda-metrics-apiserver"),
            _keda("keda-admission-webhooks", "webhooks", "keda-admission-webhooks"),
        ),
    ),
    ChartImages(
        chart="aws-load-balancer-controller",
        version="3.5.0",
        source="kubernetes-sigs/aws-load-balancer-controller v3.5.0, helm/"
        "aws-load-balancer-controller/values.yaml, templates/deployment.yaml",
        licence=APACHE,
        images=(
            ChartImage(
                name="aws-load-balancer-controller",
                address="public.ecr.aws/eks/aws-load-balancer-controller",
                tag="v3.5.0",
                licence=APACHE,
                section="image",
            ),
        ),
    ),
    ChartImages(
        chart="metrics-server",
        version="3.13.1",
        source="kubernetes-sigs/metrics-server metrics-server-helm-chart-3.13.1, charts/"
        "metrics-server/values.yaml, templates/_helpers.tpl",
        licence=APACHE,
        images=(
            ChartImage(
                name="metrics-server",
                address="registry.k8s.io/metrics-server/metrics-server",
                tag="v0.8.1",
                licence=APACHE,
                section="image",
            ),
        ),
    ),
    ChartImages(
        chart="external-dns",
        version="1.21.1",
        source="kubernetes-sigs/external-dns external-dns-helm-chart-1.21.1, charts/external-dns/"
        "values.yaml, templates/_helpers.tpl",
        licence=APACHE,
        images=(
            ChartImage(
                name="external-dns",
                address="registry.k8s.io/external-dns/external-dns",
                tag="v0.21.0",
                licence=APACHE,
                section="image",
            ),
        ),
    ),
    ChartImages(
        chart="karpenter",
        version="1.14.1",
        source="aws/karpenter-provider-aws v1.14.1, charts/karpenter/values.yaml, templates/"
        "_helpers.tpl: a release names tag and digest of its own image",
        licence=APACHE,
        images=(
            ChartImage(
                name="karpenter",
                address="public.ecr.aws/karpenter/controller",
                tag="1.14.1",
                licence=APACHE,
                section="controller.image",
                by=DigestKey.DIGEST,
            ),
        ),
    ),
    ChartImages(
        chart="kube-prometheus-stack",
        version="88.5.3",
        source="prometheus-community/helm-charts kube-prometheus-stack-88.5.3,"
        " kube-state-metrics-8.4.0, prometheus-node-exporter-4.56.1 and grafana-community/"
        "helm-charts grafana-12.11.1, charts/*/values.yaml, templates",
        licence=APACHE,
        images=(
            _prometheus(
                "prometheus-operator",
                "quay.io/prometheus-operator/prometheus-operator",
                "v0.93.1",
                "prometheusOperator.image",
                "the alerts' channels",
            ),
            _prometheus(
                "prometheus-config-reloader",
                "quay.io/prometheus-operator/prometheus-config-reloader",
                "v0.93.1",
                "prometheusOperator.prometheusConfigReloader.image",
                "the alerts' channels",
            ),
            _prometheus(
                "kube-webhook-certgen",
                "ghcr.io/jkroepke/kube-webhook-certgen",
                "1.8.7",
                "prometheusOperator.admissionWebhooks.patch.image",
                "the key of the operator's webhook",
            ),
            _prometheus(
                "prometheus",
                "quay.io/prometheus/prometheus",
                "v3.14.0-distroless",
                "prometheus.prometheusSpec.image",
            ),
            _prometheus(
                "alertmanager",
                "quay.io/prometheus/alertmanager",
                "v0.34.0",
                "alertmanager.alertmanagerSpec.image",
                "the alerts' channels",
            ),
            ChartImage(
                name="grafana",
                address="docker.io/grafana/grafana",
                tag="13.2.0",
                licence="AGPL-3.0-only",
                holds="Grafana's administrator",
                section="grafana.image",
                split=True,
                by=DigestKey.SHA,
            ),
            ChartImage(
                name="grafana-sidecar",
                address="quay.io/kiwigrid/k8s-sidecar",
                tag="2.10.1",
                licence=MIT,
                holds="Grafana's administrator",
                section="grafana.sidecar.image",
                split=True,
                by=DigestKey.SHA,
            ),
            ChartImage(
                name="kube-state-metrics",
                address="registry.k8s.io/kube-state-metrics/kube-state-metrics",
                tag="v2.20.0",
                licence=APACHE,
                section="kube-state-metrics.image",
                split=True,
                by=DigestKey.SHA_WITH_ALGORITHM,
            ),
            ChartImage(
                name="node-exporter",
                address="quay.io/prometheus/node-exporter",
                tag="v1.12.1",
                licence=APACHE,
                section="prometheus-node-exporter.image",
                split=True,
                by=DigestKey.DIGEST,
            ),
        ),
    ),
    ChartImages(
        chart="prometheus-adapter",
        version="5.3.0",
        source="prometheus-community/helm-charts prometheus-adapter-5.3.0, charts/"
        "prometheus-adapter/values.yaml, templates/deployment.yaml",
        licence=APACHE,
        images=(
            ChartImage(
                name="prometheus-adapter",
                address="registry.k8s.io/prometheus-adapter/prometheus-adapter",
                tag="v0.12.0",
                licence=APACHE,
                section="image",
            ),
        ),
    ),
    ChartImages(
        chart="temporal",
        version="1.6.0",
        source="temporalio/helm-charts temporal-1.6.0, charts/temporal/values.yaml, templates",
        licence=MIT,
        images=(
            _temporal("server", "1.31.2", "server", "the password of Temporal's databases"),
            _temporal(
                "admin-tools", "1.31.2", "admintools", "the password of Temporal's databases"
            ),
            _temporal("ui", "2.52.0", "web", "a certificate that Temporal lets in"),
        ),
    ),
    ChartImages(
        chart=STACKGRES,
        version="1.18.6",
        source="ongres/stackgres 1.18.6, stackgres-k8s/install/helm/stackgres-operator/values.yaml,"
        " templates/_helpers.tpl; Components.java, StackGresModules.java,"
        " versions-1.18.properties: the operator names its clusters' images by tag, and tells"
        " versions by the tag of its own",
        licence=_AGPL,
        registry="containerRegistry",
        host="quay.io",
        images=(
            _stackgres("operator", "stackgres/operator", "1.18.6", _AGPL, _SUPERUSER),
            _stackgres("helper", "ongres/kubectl", "v1.31.3-build-6.38", APACHE),
            _stackgres(
                "cluster-controller", "stackgres/cluster-controller", "1.18.6", _AGPL, _SUPERUSER
            ),
            _stackgres(
                "patroni",
                "ongres/patroni",
                _patroni_tag(_PINNED_POSTGRES),
                "PostgreSQL",
                _SUPERUSER,
            ),
            _stackgres(
                "postgres-util",
                "ongres/postgres-util",
                _util_tag(_PINNED_POSTGRES),
                "PostgreSQL",
                _SUPERUSER,
            ),
            _stackgres(
                "pgbouncer",
                "ongres/pgbouncer",
                f"v1.25.1-{_BUILD}",
                "ISC",
                "the poolers' passwords on Citus' servers",
            ),
            _stackgres(
                "postgres-exporter",
                "ongres/prometheus-postgres-exporter",
                f"v0.19.0-{_BUILD}",
                APACHE,
                _SUPERUSER,
            ),
            _stackgres("kubectl", "ongres/kubectl", f"v1.34.4-{_BUILD}", APACHE),
        ),
    ),
)
"""In the order of the table of versions."""

_BY_CHART = {each.chart: each for each in CHART_IMAGES}


class UnreadChartImages(ValueError):  # noqa: N818 - says what is wrong, as callers read it
    """A chart is installed at a version whose images nobody has read."""


def images_of_chart(chart: str, version: str) -> ChartImages:
    """Raises UnreadChartImages where nobody has read the chart's images at that version."""
    listed = _BY_CHART.get(chart)
    if listed is None:
        raise UnreadChartImages(f"chart {chart}: no list of its images")
    if listed.version != version:
        raise UnreadChartImages(
            f"chart {chart} {version}: its images are listed for {listed.version}; "
            f"compare them with the new one's ({listed.source})"
        )
    return listed


def running_in(listed: ChartImages, settings: Settings) -> tuple[ChartImage, ...]:
    """The chart's images that a stack runs, those of Citus' servers for its PostgreSQL."""
    postgres = settings.citus.postgres_version
    by_postgres = {PATRONI: _patroni_tag, POSTGRES_UTIL: _util_tag}
    return tuple(
        replace(each, tag=by_postgres[each.name](postgres)) if each.name in by_postgres else each
        for each in listed.images
        if each.runs(settings)
    )
