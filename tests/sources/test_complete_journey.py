"""The Complete Journey from its files to a segment: baskets of a year, and coupons that were redeemed apart from them."""

from __future__ import annotations

import csv
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from patron.app.actions.customers import customers
from patron.app.actions.init import init
from patron.app.actions.loading import load
from patron.app.actions.refreshing import refresh
from patron.app.actions.segments import Paging, segment
from patron.app.project import Project, opened
from patron.facts.tables import ORDERS
from patron.runtime.clock import SystemClock
from sources.loaded import DATA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patron.runtime.loading import FileReport

JOURNEY = DATA / "complete_journey"
EVERYBODY = Paging(columns=("order_count", "net_revenue", "coupon_redemption_count"), limit=None)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, dict[str, FileReport]]]:
    folder = tmp_path_factory.mktemp("projects") / "grocer"
    init(folder, currency="USD", time_zone="America/New_York", country="US")
    files = {"lines": "transactions.parquet", "redemptions": "coupon_redemptions.csv", "products": "products.parquet"}
    with opened(str(folder), SystemClock()) as project:
        reports = {source: load(project, source, [JOURNEY / file], progress=_silent).report.files[0] for source, file in files.items()}
        refresh(project, as_of="2018-01-02", progress=_silent)
        yield project, reports


def _silent(done: int, total: int, what: str) -> None:
    del done, total, what


def _redeemed() -> Counter[str]:
    with (JOURNEY / "coupon_redemptions.csv").open(encoding="utf-8", newline="") as file:
        return Counter(row["household_id"] for row in csv.DictReader(file))


def test_every_line_and_every_coupon_is_kept(journey: tuple[Project, dict[str, FileReport]]) -> None:
    _, reports = journey
    assert {source: (r.read, r.kept, r.refused) for source, r in reports.items()} == {
        "lines": (1_469_307, 1_469_307, 0),
        "redemptions": (2_102, 2_102, 0),
        "products": (92_331, 92_331, 0),
    }
    assert str(reports["lines"].money[0].total) == "4,596,039.58 USD"


def test_baskets_and_households_are_those_of_the_source(journey: tuple[Project, dict[str, FileReport]]) -> None:
    project, _ = journey
    found = customers(project, EVERYBODY)
    assert found.total == 2_469
    orders = ORDERS.unbound()
    kinds = project.store.query(orders.group_by("kind").aggregate(n=orders.count())).to_pylist()
    assert {r["kind"]: r["n"] for r in kinds} == {"sale": 155_370, "adjustment": 478}  # 155,848 baskets, of which 478 came to nothing
    assert sum(int(str(r["order_count"])) for r in found.rows) == 155_370
    assert sum(int(str(r["net_revenue"])) for r in found.rows) == 459_603_958


def test_each_household_has_the_coupons_that_it_redeemed(journey: tuple[Project, dict[str, FileReport]]) -> None:
    project, _ = journey
    redeemed = _redeemed()
    found = {str(r["customer_number"]): int(str(r["coupon_redemption_count"])) for r in customers(project, EVERYBODY).rows}
    assert (len(redeemed), redeemed.total()) == (410, 2_102)
    assert found == {household: redeemed[household] for household in found}


def test_coupon_collectors_are_found_from_what_was_redeemed(journey: tuple[Project, dict[str, FileReport]]) -> None:
    project, _ = journey
    redeemed = _redeemed()
    counts = sorted([0] * (2_469 - len(redeemed)) + list(redeemed.values()))
    ninth = counts[int(0.9 * (len(counts) - 1))]
    collectors = {household for household, n in redeemed.items() if n > ninth}
    found = segment(project, "coupon_redeemers", EVERYBODY)
    assert {str(r["customer_number"]) for r in found.rows} == collectors
    assert 100 < len(collectors) < 247
