"""Fresh prices through AWS's own client, its answers stubbed: what is asked, kept and written."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from rf.prices.price_file import price_file_text
from rf.prices.price_queries import query_of
from rf.prices.refresh import RefreshStatus, refresh, updated
from rf.shared.project import PROJECT_ROOT
from scaleplan.cost.prices import PriceBook, load_prices, read_prices

TODAY = date(2026, 11, 25)
PRICE_FILE = PROJECT_ROOT / "scaleplan" / "cost" / "prices.yaml"


def book_of(*keys: str) -> PriceBook:
    """The file's prices of these keys alone."""
    known = load_prices()
    kept = tuple(price for price in known.prices if price.key in keys)
    return PriceBook(prices=kept, commitments=())


def product(usage_type: str, *tiers: tuple[str, str]) -> str:
    """A price list of one product, as the API words it; tiers are (from, USD)."""
    dimensions = {
        f"rate{position}": {"beginRange": start, "pricePerUnit": {"USD": usd}}
        for position, (start, usd) in enumerate(tiers)
    }
    return json.dumps(
        {
            "product": {"attributes": {"usagetype": usage_type}},
            "terms": {"OnDemand": {"term": {"priceDimensions": dimensions}}},
        }
    )


def asked(service: str, **filters: str) -> dict[str, Any]:
    """The parameters of one question."""
    return {
        "ServiceCode": service,
        "Filters": [
            {"Type": "TERM_MATCH", "Field": name, "Value": value}
            for name, value in sorted(filters.items())
        ],
        "FormatVersion": "aws_v1",
        "MaxResults": 100,
    }


NAT = {"productFamily": "NAT Gateway", "regionCode": "us-east-1"}


@pytest.fixture
def pricing():
    client = boto3.client(
        "pricing", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


def test_a_changed_price_is_shown_and_taken_over(pricing):
    client, stubber = pricing
    answer = {"PriceList": [product("NatGateway-Hours", ("0", "0.0500000000"))]}
    stubber.add_response("get_products", answer, asked("AmazonEC2", **NAT))
    book = book_of("nat:gateway")
    (result,) = refresh(book, client, regions=["us-east-1"], today=TODAY)
    assert result.status is RefreshStatus.CHANGED
    (price,) = updated(book, [result]).prices
    assert price.monthly(Decimal(1)) == Decimal("36.5")
    assert (price.date, price.source) == (TODAY, "AWS price API")


def test_the_same_price_is_the_same_and_other_usage_types_are_passed_over(pricing):
    client, stubber = pricing
    answer = {
        "PriceList": [
            product("NatGateway-Bytes", ("0", "9.99")),
            product("USE1-NatGateway-Hours", ("0", "0.0450000000")),
        ]
    }
    stubber.add_response("get_products", answer, asked("AmazonEC2", **NAT))
    (result,) = refresh(book_of("nat:gateway"), client, regions=["us-east-1"], today=TODAY)
    assert result.status is RefreshStatus.SAME


def test_pages_are_read_to_the_end(pricing):
    client, stubber = pricing
    question = asked("AmazonEC2", **NAT)
    stubber.add_response("get_products", {"PriceList": [], "NextToken": "more"}, question)
    stubber.add_response(
        "get_products",
        {"PriceList": [product("NatGateway-Hours", ("0", "0.045"))]},
        {**question, "NextToken": "more"},
    )
    (result,) = refresh(book_of("nat:gateway"), client, regions=["us-east-1"], today=TODAY)
    assert result.status is RefreshStatus.SAME


@pytest.mark.parametrize(
    ("products", "outcome"),
    [
        ([], RefreshStatus.NOT_FOUND),
        ([("NatGateway-Hours", "0.05"), ("NatGateway-Hours", "0.06")], RefreshStatus.AMBIGUOUS),
    ],
)
def test_without_exactly_one_answer_the_file_keeps_its_price(pricing, products, outcome):
    client, stubber = pricing
    answer = {"PriceList": [product(usage, ("0", usd)) for usage, usd in products]}
    stubber.add_response("get_products", answer, asked("AmazonEC2", **NAT))
    book = book_of("nat:gateway")
    results = refresh(book, client, regions=["us-east-1"], today=TODAY)
    assert results[0].status is outcome
    assert updated(book, results) == book


def test_another_region_gets_prices_of_its_own(pricing):
    client, stubber = pricing
    answer = {"PriceList": [product("EUW1-NatGateway-Hours", ("0", "0.048"))]}
    question = asked("AmazonEC2", **{**NAT, "regionCode": "eu-west-1"})
    stubber.add_response("get_products", answer, question)
    book = book_of("nat:gateway")
    results = refresh(book, client, regions=["eu-west-1"], today=TODAY)
    assert results[0].status is RefreshStatus.ADDED
    later = updated(book, results)
    here = later.find("nat:gateway", "eu-west-1")
    assert here is not None
    assert here.region == "eu-west-1"
    assert len(later.prices) == 2


def test_a_price_per_request_becomes_one_per_million(pricing):
    client, stubber = pricing
    answer = {"PriceList": [product("Requests-Tier1", ("0", "0.0000050000"))]}
    stubber.add_response("get_products", answer, asked("AmazonS3", regionCode="us-east-1"))
    (result,) = refresh(book_of("s3:writes"), client, regions=["us-east-1"], today=TODAY)
    assert result.status is RefreshStatus.SAME


def test_a_free_allowance_that_the_api_leaves_out_stays(pricing):
    client, stubber = pricing
    answer = {"PriceList": [product("Executions-CloudFrontFunctions", ("0", "0.0000002"))]}
    stubber.add_response("get_products", answer, asked("AmazonCloudFront", productFamily="Request"))
    book = book_of("cloudfront:functions")
    results = refresh(book, client, regions=["us-east-1"], today=TODAY)
    (price,) = updated(book, results).prices
    assert price.monthly(Decimal(2)) == 0
    assert price.monthly(Decimal(3)) == Decimal("0.2")


def test_what_has_no_question_is_not_asked(pricing):
    client, _stubber = pricing
    (result,) = refresh(book_of("cloudfront:data"), client, regions=["us-east-1"], today=TODAY)
    assert result.status is RefreshStatus.NOT_ASKED


def test_an_instance_is_asked_for_by_its_class():
    query = query_of("rds-multi-az:db.r7g.xlarge")
    assert query is not None
    assert query.filters["instanceType"] == "db.r7g.xlarge"
    assert query.filters["deploymentOption"] == "Multi-AZ"
    assert query.matches("EUW1-Multi-AZUsage:db.r7g.xl")
    assert not query.matches("InstanceUsage:db.r7g.xl")


def test_writing_the_file_anew_changes_nothing_in_it():
    text = PRICE_FILE.read_text(encoding="utf-8")
    assert price_file_text(read_prices(text), text) == text


def test_a_volumes_throughput_is_asked_for_in_gib_and_kept_in_mib():
    query = query_of("ebs-throughput:gp3")
    assert query is not None
    assert query.matches("EUW1-EBS:VolumeP-Throughput.gp3")
    assert not query.matches("EBS:VolumeP-IOPS.gp3")
    assert Decimal("40.96") * query.per == Decimal("0.04")
