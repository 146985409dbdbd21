"""How charts' CRDs come: each is listed once, and what annotates them keeps them."""

from __future__ import annotations

import pytest

from policy.rules.cluster.charts import DEFINED_BY, DEFINITIONS
from scaleplan.cluster.charts import CHARTS, KARPENTER_DEFINITIONS, KEDA, METRICS_SERVER
from scaleplan.versions.table import DefinitionsBy

LISTED = {each.short_name: each.definitions for each in CHARTS if each.definitions is not None}


def test_a_charts_crds_are_listed_with_their_api_versions_or_are_another_charts():
    for name, definitions in LISTED.items():
        if definitions.by is DefinitionsBy.OWN_CHART:
            assert not definitions.crds
            assert LISTED[definitions.chart].crds, name
        else:
            assert definitions.crds, name
            assert all(each.serves for each in definitions.crds.values())
    names = [name for each in LISTED.values() for name in each.crds]
    assert len(names) == len(set(names))


def test_crds_among_templates_can_be_annotated_to_outlive_their_release():
    for chart in CHARTS:
        if chart.definitions and chart.definitions.by is DefinitionsBy.TEMPLATES:
            assert chart.keeping_definitions
    assert KEDA.keeping_definitions == {
        "crds": {"additionalAnnotations": {"helm.sh/resource-policy": "keep"}}
    }
    assert KARPENTER_DEFINITIONS.keeping_definitions == {
        "additionalAnnotations": {"helm.sh/resource-policy": "keep"}
    }


def test_a_chart_that_annotates_no_crd_keeps_none():
    with pytest.raises(ValueError, match=r"metrics-server .*: no value of it annotates its CRDs"):
        _ = METRICS_SERVER.keeping_definitions


def test_the_policy_knows_every_chart_that_the_table_has():
    """It imports nothing of the program, so it names them itself."""
    assert {
        name: each.annotations for name, each in LISTED.items() if each.annotations
    } == DEFINITIONS
    assert {name: each.chart for name, each in LISTED.items() if each.chart} == DEFINED_BY
