"""A key that a chart's list doesn't have is refused, with what was meant."""

import pytest

from rendering.shared.chart_values import CHART_VALUES, UnlistedChartValue, check_values, keys_of
from scaleplan.cluster.charts import CHARTS


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.short_name)
def test_every_pinned_chart_has_its_keys_listed_for_its_version(chart):
    listed = CHART_VALUES[chart.short_name]
    assert listed.version == chart.version
    # The file that the keys were read in: a repository, where in its history, a values file.
    assert listed.source.count("/") >= 2
    assert listed.source.endswith("values.yaml")


def test_no_list_is_left_of_a_chart_that_is_not_pinned():
    assert set(CHART_VALUES) == {chart.short_name for chart in CHARTS}


def test_a_misspelt_key_is_refused_with_the_nearest_one():
    with pytest.raises(UnlistedChartValue, match=r"settings\.cluserName .*nearest: settings\.clus"):
        check_values("karpenter", "1.14.1", {"settings": {"cluserName": "a"}})


def test_a_key_of_another_chart_is_refused_as_any_other():
    with pytest.raises(UnlistedChartValue, match=r"metrics-server 3\.13\.1: replicaCount"):
        check_values("metrics-server", "3.13.1", {"replicas": 1, "replicaCount": 2})


def test_an_object_above_listed_keys_is_not_listed_by_that():
    with pytest.raises(UnlistedChartValue, match="settings"):
        check_values("karpenter", "1.14.1", {"settings": {}})


def test_a_free_object_takes_any_key_and_its_neighbour_none():
    check_values("keda", "2.20.2", {"nodeSelector": {"a/b": "c"}})
    with pytest.raises(UnlistedChartValue, match="nodeSelectors"):
        check_values("keda", "2.20.2", {"nodeSelectors": {"a/b": "c"}})


def test_a_free_object_may_be_empty():
    """As Temporal's selector of nodes is where a stack has no pools of Karpenter."""
    values = {"server": {"nodeSelector": {}}}
    check_values("temporal", CHART_VALUES["temporal"].version, values)


def test_another_version_needs_its_list_read_again():
    with pytest.raises(UnlistedChartValue, match=r"listed for 2\.20\.2; compare"):
        check_values("keda", "2.21.0", {})


def test_a_chart_without_a_list_is_refused():
    with pytest.raises(UnlistedChartValue, match="chart nginx: no list"):
        check_values("nginx", "1.0.0", {})


def test_keys_are_those_of_the_leaves():
    values = {"a": {"b": 1, "c": {}}, "d": [{"e": 1}]}
    assert list(keys_of(values)) == ["a.b", "a.c", "d"]
