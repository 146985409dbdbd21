"""What AWS offers: zones, classes and versions, by answers of the form that AWS gives."""

import datetime

import pytest

from rf.preflight import check_nodes, check_offers
from rf.preflight.row import RowStatus
from rf.shared.account.account import Account
from tests.commands.preflight.conftest import REGION
from tests.commands.preflight.preflight_rows import only, verdicts

ZONES = [{"Name": f"us-east-1{letter}"} for letter in "abc"]


def zone(letter, zone_id, state="available"):
    return {"ZoneName": f"us-east-1{letter}", "ZoneId": zone_id, "State": state}


@pytest.fixture
def zones(account, need, owner, answers):
    def ask(*found):
        answers("ec2", ("describe_availability_zones", {"AvailabilityZones": list(found)}))
        return verdicts(check_nodes.zones(account, need, owner))

    return ask


def test_a_letter_that_means_the_zone_that_eks_refuses_fails(zones):
    rows = zones(zone("a", "use1-az1"), zone("b", "use1-az3"), zone("c", "use1-az2"))
    assert rows == {"us-east-1a": "pass", "us-east-1b": "fail", "us-east-1c": "pass"}


def test_a_zone_that_is_closed_to_the_account_fails(zones):
    rows = zones(zone("a", "use1-az1", "unavailable"), zone("b", "use1-az2"))
    assert rows == {"us-east-1a": "fail", "us-east-1b": "pass", "us-east-1c": "fail"}


def offered(name, letters):
    return [
        {
            "InstanceType": name,
            "Location": f"us-east-1{letter}",
            "LocationType": "availability-zone",
        }
        for letter in letters
    ]


def offers(*found):
    return "describe_instance_type_offerings", {"InstanceTypeOfferings": list(found)}


def types(*names):
    kinds = [{"InstanceType": name, "VCpuInfo": {"DefaultVCpus": 4}} for name in names]
    return "describe_instance_types", {"InstanceTypes": kinds}


@pytest.fixture
def classes(account, need, owner, answers):
    def ask(*steps):
        answers("ec2", *steps)
        return list(check_nodes.node_classes(account, need, owner))

    return ask


def test_a_class_must_be_offered_in_every_zone(classes):
    rows = classes(
        offers(*offered("m7g.xlarge", "abc")),
        offers(*offered("r7g.2xlarge", "ab")),
        types("m7g.xlarge", "m5a.xlarge", "x8g.xlarge"),
        offers(*offered("m7g.xlarge", "abc")),
    )
    assert only(rows, "EC2 m7g.xlarge").status is RowStatus.PASS
    lacking = only(rows, "EC2 r7g.2xlarge")
    assert (lacking.status, lacking.found) == (RowStatus.FAIL, "not in us-east-1c")
    pools = [row for row in rows if row.subject.startswith("Karpenter pool")]
    assert [row.status for row in pools] == [RowStatus.PASS, RowStatus.PASS]


def test_old_generations_and_other_families_are_no_help_to_a_pool(classes):
    rows = classes(
        offers(),
        offers(),
        types("m5g.xlarge", "x8g.xlarge"),
        offers(*offered("m5g.xlarge", "abc"), *offered("x8g.xlarge", "abc")),
    )
    assert {row.status for row in rows} == {RowStatus.FAIL}


def versions(*found):
    made = [{"Engine": "postgres", "EngineVersion": each} for each in found]
    return "describe_db_engine_versions", {"DBEngineVersions": made}


def orderable(zones):
    option = {
        "Engine": "postgres",
        "EngineVersion": "16.13",
        "DBInstanceClass": "db.r7g.xlarge",
        "StorageType": "gp3",
        "AvailabilityZones": zones,
    }
    return "describe_orderable_db_instance_options", {"OrderableDBInstanceOptions": [option]}


@pytest.mark.parametrize(("zones", "verdict"), [(ZONES, "pass"), (ZONES[:2], "fail")])
def test_the_database_class_is_asked_for_with_its_newest_version_zone_by_zone(
    checked, zones, verdict
):
    steps = (versions("16.9", "16.13"), orderable(zones))
    rows = checked(check_offers.database_classes, "rds", *steps)
    assert rows[0].found == "16.13"
    assert str(only(rows, "RDS db.r7g.xlarge").status) == verdict


def test_a_version_that_rds_gave_up_fails(account, need, owner, answers):
    answers("rds", versions())
    rows = verdicts(check_offers.database_classes(account, need, owner))
    assert set(rows.values()) == {"fail"}


def test_redis_classes_and_versions_are_those_of_the_region(account, need, owner, answers):
    offering = {"ReservedCacheNodesOfferingId": "x", "CacheNodeType": "cache.r7g.large"}
    made = [{"Engine": "redis", "EngineVersion": "7.1.0"}]
    answers(
        "elasticache",
        ("describe_cache_engine_versions", {"CacheEngineVersions": made}),
        ("describe_reserved_cache_nodes_offerings", {"ReservedCacheNodesOfferings": [offering]}),
    )
    rows = list(check_offers.redis(account, need, owner))
    assert {row.status for row in rows} == {RowStatus.PASS}
    assert "tells no zones" in only(rows, "cache.r7g.large").needed


@pytest.mark.parametrize(
    ("version", "status", "verdict"),
    [
        ("1.35", "STANDARD_SUPPORT", "pass"),
        ("1.35", "EXTENDED_SUPPORT", "fail"),
        ("1.34", "STANDARD_SUPPORT", "fail"),
    ],
)
def test_eks_must_support_version_and_addons(checked, need, version, status, verdict):
    end = datetime.datetime(2027, 3, 27, tzinfo=datetime.UTC)
    cluster = {
        "clusterVersion": version,
        "versionStatus": status,
        "endOfStandardSupportDate": end,
    }
    addons = need.inputs("aws:eks/addon:Addon")
    made = [(each["addonName"], each["addonVersion"]) for each in addons]
    made[0] = (made[0][0], "v0.0.1-eksbuild.1")
    steps = [
        (
            "describe_addon_versions",
            {"addons": [{"addonName": name, "addonVersions": [{"addonVersion": found}]}]},
        )
        for name, found in made
    ]
    supported = ("describe_cluster_versions", {"clusterVersions": [cluster]})
    rows = checked(check_offers.cluster_version, "eks", supported, *steps)
    assert str(rows[0].status) == verdict
    assert [row.status for row in rows[1:]] == [
        RowStatus.FAIL,
        *[RowStatus.PASS] * (len(addons) - 1),
    ]


def test_where_redis_carries_the_jobs_no_broker_is_asked_for(account, need, owner):
    assert list(check_offers.broker(account, need, owner)) == []
    assert account.calls == []


# --- machine images


def test_machines_have_an_image_for_their_kubernetes_and_architecture(
    account, need, owner, answers
):
    version = need.settings.kubernetes_version
    published = {"Parameter": {"Name": "x", "Value": "ami-0123456789abcdef0"}}
    stub = answers("ssm", ("get_parameter", published), ("get_parameter", "ParameterNotFound"))
    rows = list(check_nodes.machine_images(account, need, owner))
    assert [str(row.status) for row in rows] == ["pass", "fail"]
    stub.assert_no_pending_responses()
    assert all(f"Kubernetes {version} on arm64" in row.subject for row in rows)
    assert f"/optimized-ami/{version}/amazon-linux-2023/arm64/standard" in rows[1].fix


def test_an_images_parameter_is_the_one_that_karpenter_asks_for(session, need, owner):
    asked = []
    session.events.register(
        "provide-client-params.ssm.GetParameter", lambda params, **_: asked.append(params["Name"])
    )
    list(check_nodes.machine_images(Account(session, REGION), need, owner))
    (node_class,) = need.inputs("kubernetes:karpenter.k8s.aws/v1:EC2NodeClass")
    release = node_class["spec"]["amiSelectorTerms"][0]["alias"].removeprefix("al2023@")
    version = need.settings.kubernetes_version
    folder = f"/aws/service/eks/optimized-ami/{version}/amazon-linux-2023/arm64/standard"
    assert asked == [
        f"{folder}/recommended/image_id",
        f"{folder}/amazon-eks-node-al2023-arm64-standard-{version}-{release}/image_id",
    ]
