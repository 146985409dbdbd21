"""Quotas: the plan's demand at its maxima, others' use beside it, and what can't be read."""

import math

import pytest
from kubernetes.utils.quantity import parse_quantity

from rf.aws.eks.nodes import NODE_GROUP, machines_of
from rf.aws.rds.instance import INSTANCE
from rf.kubernetes.karpenter import NODE_POOL
from rf.preflight import check_quotas
from rf.preflight.row import RowStatus
from rf.shared.account.unreadable import UnreadableError
from rf.shared.cards.quota import Quota
from scaleplan.catalog import load_catalog
from tests.commands.preflight.preflight_rows import only

BY_CODE = {quota.code: quota for quota in check_quotas.all_quotas()}


def answer(value, *, adjustable=True):
    return {"Quota": {"Value": value, "Adjustable": adjustable}}


@pytest.fixture
def row(account, need, owner, answers, monkeypatch):
    """The row of one quota of which the plan needs 3, for these answers of Service Quotas."""

    def ask(*steps, used=None, demand=3.0):
        quota = Quota(
            service="vpc",
            code="L-F678F1CE",
            name="VPCs per Region",
            demand=lambda _: demand,
            used=used,
        )
        monkeypatch.setattr(check_quotas, "all_quotas", lambda: [quota])
        answers("service-quotas", *steps)
        (found,) = check_quotas.quotas(account, need, owner)
        return found

    return ask


def test_a_quota_with_room_passes_and_says_what_others_use(row):
    found = row(("get_service_quota", answer(5)), used=lambda *_: 2)
    assert found.status is RowStatus.PASS
    assert found.found == "5, others use 2"
    assert found.fix == ""


def test_others_use_makes_it_fail_and_the_command_asks_for_the_sum(row):
    found = row(("get_service_quota", answer(5)), used=lambda *_: 3)
    assert found.status is RowStatus.FAIL
    assert found.fix == (
        "aws service-quotas request-service-quota-increase --service-code vpc"
        " --quota-code L-F678F1CE --desired-value 6 --region us-east-1"
    )


def test_a_quota_that_aws_never_raises_gets_another_fix(row):
    found = row(("get_service_quota", answer(2, adjustable=False)))
    assert found.status is RowStatus.FAIL
    assert "request-service-quota-increase" not in found.fix
    assert found.fix


def test_where_nothing_was_set_for_the_account_awss_default_counts(row):
    missing = ("get_service_quota", "NoSuchResourceException")
    assert row(missing, ("get_aws_default_service_quota", answer(3))).status is RowStatus.PASS


def test_a_missing_quota_is_unknown(row):
    missing = "NoSuchResourceException"
    found = row(("get_service_quota", missing), ("get_aws_default_service_quota", missing))
    assert found.status is RowStatus.UNKNOWN
    assert missing in found.found
    assert found.fix


def test_a_quota_without_a_value_is_unknown(row):
    assert row(("get_service_quota", {"Quota": {}})).status is RowStatus.UNKNOWN


@pytest.mark.parametrize("code", ["AccessDeniedException", "TooManyRequestsException"])
def test_a_quota_that_may_not_be_read_is_unknown(row, code):
    assert row(("get_service_quota", code)).status is RowStatus.UNKNOWN


def unreadable(*_):
    raise UnreadableError("ec2", "DescribeVpcs", "AccessDenied")


def test_room_for_us_is_no_pass_while_others_use_is_not_known(row):
    assert row(("get_service_quota", answer(100)), used=unreadable).status is RowStatus.UNKNOWN


def test_too_little_for_us_alone_fails_whatever_others_use(row):
    assert row(("get_service_quota", answer(2)), used=unreadable).status is RowStatus.FAIL


def test_codes_are_of_the_form_that_service_quotas_gives_and_each_is_there_once():
    assert len(BY_CODE) == len(check_quotas.all_quotas()) > 35
    assert all(code.startswith("L-") and len(code) == 10 for code in BY_CODE)


# --- demand


def test_vcpus_are_those_of_all_groups_at_their_most_and_of_karpenters_limits(need):
    groups = sum(
        int(group["scalingConfig"]["maxSize"])
        * load_catalog().instance_class(group["instanceTypes"][0]).vcpus
        for group in need.inputs(NODE_GROUP)
    )
    limits = sum(
        float(parse_quantity(pool["spec"]["limits"]["cpu"])) for pool in need.inputs(NODE_POOL)
    )
    assert machines_of(need).standard_vcpus == groups + math.ceil(limits)
    workers = need.settings.worker
    assert machines_of(need).standard_vcpus > workers.max_replicas * workers.cpu_millicores / 1000


def test_a_small_stack_without_karpenter_needs_its_one_group(small_need):
    system = small_need.settings.nodes.system
    machines = machines_of(small_need)
    vcpus = load_catalog().instance_class(system.instance_class).vcpus
    assert machines.standard_vcpus == system.max_nodes * vcpus
    assert machines.nodes == machines.largest_group == system.max_nodes


def demand(code, need):
    return BY_CODE[code].demand(need)


def test_databases_and_redis_are_counted_node_by_node(need):
    settings = need.settings
    copies = 1 + settings.database.read_replicas
    assert demand("L-7B6409FD", need) == copies == need.count(INSTANCE)
    assert demand("L-7ADDB58A", need) == copies * settings.database.max_storage_gib
    cache = settings.cache.shards * (1 + settings.cache.replicas_per_shard)
    assert demand("L-AF354865", need) == cache
    assert demand("L-DFE45DF3", need) == cache + settings.queue.nodes


def test_cloudfronts_list_counts_for_fifty_five_rules(need):
    # The quota starts at 60: two such rules in one group would fail in the middle of an apply.
    assert demand("L-0EA8095F", need) == 55


def test_a_zone_has_one_gateway_however_many_zones_have_one(need, small_need):
    assert need.count("aws:ec2/natGateway:NatGateway") == 3
    assert demand("L-FE5A380F", need) == demand("L-FE5A380F", small_need) == 1


def test_certificates_are_counted_in_the_region_that_they_are_made_in(need):
    assert demand("L-F141DD1D", need) == 2


def test_what_a_stack_does_not_have_asks_for_nothing(small_need):
    assert demand("L-4D525FD5", small_need) == 0
    assert demand("L-5BC124EF", small_need) == 0


def test_addresses_are_measured_for_all_nodes_in_one_zone(account, need, owner):
    rows = list(check_quotas.addresses(account, need, owner))
    assert len(rows) == 3
    assert {row.status for row in rows} == {RowStatus.PASS}
    assert str(machines_of(need).nodes * 129) in rows[0].needed


# --- use


def used(code, account, owner):
    usage = BY_CODE[code].used
    assert usage
    return usage(account, owner)


def test_what_is_this_stacks_own_is_not_held_against_it(session, writer, account, owner):
    ec2 = writer.client("ec2")
    before = used("L-F678F1CE", account, owner)
    for stack in ("prod", "staging"):
        tags = [{"Key": "project", "Value": "researchflow"}, {"Key": "stack", "Value": stack}]
        ec2.create_vpc(
            CidrBlock="10.9.0.0/16",
            TagSpecifications=[{"ResourceType": "vpc", "Tags": tags}],
        )
    assert used("L-F678F1CE", type(account)(session, "us-east-1"), owner) == before + 1


def test_others_databases_count_with_their_storage(writer, account, owner):
    rds = writer.client("rds")
    for name in ("researchflow-prod-database", "somebody-elses"):
        rds.create_db_instance(
            DBInstanceIdentifier=name,
            DBInstanceClass="db.t4g.large",
            Engine="postgres",
            AllocatedStorage=100,
        )
    assert used("L-7B6409FD", account, owner) == 1
    assert used("L-7ADDB58A", account, owner) == 100


def test_only_running_on_demand_instances_of_the_standard_families_use_vcpus(
    account, owner, answers
):
    def instance(name, cores, **more):
        options = {"CoreCount": cores, "ThreadsPerCore": 2}
        return {"InstanceType": name, "CpuOptions": options, **more}

    ours = [{"Key": "eks:cluster-name", "Value": "researchflow-prod"}]
    answers(
        "ec2",
        (
            "describe_instances",
            {
                "Reservations": [
                    {
                        "Instances": [
                            instance("m7i.xlarge", 2),
                            instance("r7i.large", 1, InstanceLifecycle="spot"),
                            instance("p4d.24xlarge", 48),
                            instance("m7i.xlarge", 2, Tags=ours),
                        ]
                    }
                ]
            },
        ),
    )
    assert used("L-1216C47A", account, owner) == 4


def test_the_rows_of_all_quotas_name_code_and_service(account, need, owner, faults):
    faults["service-quotas:GetServiceQuota"] = "AccessDenied"
    rows = list(check_quotas.quotas(account, need, owner))
    assert len(rows) > 30
    assert "--quota-code L-1216C47A" in only(rows, "L-1216C47A").fix
