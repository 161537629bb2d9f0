from __future__ import annotations

import dataclasses
import json
import re
from datetime import date
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest

from measurement.shops import answers, line, order, refund
from patron.app.report import report_data
from patron.kernel.money import Currency, Money
from patron.measurement.outlook import Band, Chances, Outlook, PastTenth, Tracked, ValueTenth
from patron.measurement.report import Action, Flow, Movement, ReportData, Rfm, RfmCell, RfmGroup, Segment
from patron.web.report.page import render, sections

ATTACK = "<script>alert('1')</script>\"'&"
VOID = {"meta", "link", "br", "hr", "img", "input"}


def pounds(minor: int) -> Money:
    return Money.from_minor(minor, Currency("GBP"))


@cache
def report(name: str = "Tea") -> ReportData:
    """A shop with something in every picture."""
    orders: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    people = [f"person {i}" for i in range(24)]
    for i, who in enumerate(people):
        country = ("GB", "FR", ATTACK)[i % 3]
        for k in range(1 + i % 3):
            day, net = f"2024-0{1 + k}-{1 + i:02d}", 1000 + 100 * i
            made = order(len(orders) + 1, who, day, net, country=country, coupon_code=name)
            orders.append(made)
            lines.append(line(len(lines) + 1, made, i % 2, net))
    orders.append(order(99, None, "2024-02-02", 400))
    refunds = [refund(1, 1, people[0], "2024-02-05", 500, product_id=0)]
    spend = [{"starts_on": "2024-01-01", "ends_on": "2024-01-31", "channel": name, "cost": 7000, "clicks": 70}]
    products = [{"product_id": i, "product_code": f"P{i}", "name": f"{name} {i}", "category": name} for i in range(2)]
    customers = [{"customer_id": c, "first_seen_at": "2024-01-01"} for c in sorted({o["customer_id"] for o in orders if o["customer_id"]})]
    loads = [{"file": f"{name}.csv", "source": "lines", "digest": "d", "loaded_at": "2024-01-01", "read_count": 9, "refused_count": 1}]
    rows = {"orders": orders, "order_lines": lines, "refunds": refunds, "spend": spend, "products": products}
    rows |= {"customers": customers, "loads": loads}
    a = answers(rows, "2024-07-23")
    data = report_data(a.store, a.facts)
    segment = Segment("best", name, f"{name} meaning", f"{name} why", f"{name} advice", 3, 0.2, pounds(9000), pounds(4000))
    waiting = Segment("carts", "Carts", "m", "w", "a", None, None, None, None, ("events",))
    return dataclasses.replace(
        data,
        shop=name,
        segments=(segment, waiting),
        actions=(Action("best", "keep", 3, pounds(8000)),),
        rfm=Rfm((RfmCell(5, 5, 3, pounds(9000)), RfmCell(1, 1, 9, pounds(1000))), (RfmGroup("champions", 3, 0.25, pounds(9000), 0.9),)),
        movement=Movement(data.as_of, (Flow("champions", "lost", 2, pounds(1)), Flow("", "champions", 1, pounds(2)))),
        outlook=Outlook(
            model="bgnbd",
            why=f"{name} is why.",
            doubt="",
            warnings=(f"Of {name} it expected 1 orders, and 2 came.",),
            customers=24,
            orders=(1.0, 3.0, 12.0),
            net_revenue=(pounds(100), pounds(300), pounds(1200)),
            measure="margin",
            value=pounds(900),
            tenths=tuple(ValueTenth(n, 2, pounds(100 - n), 0.1) for n in range(1, 11)),
            bands=(Band("active", 20, pounds(1000), pounds(10)), Band("lapsed", 4, pounds(200), pounds(80))),
            past_day="2024-04-01",
            horizon_days=90,
            past=tuple(PastTenth(n, 2.4, n / 10, n / 9) for n in range(1, 11)),
            chances=(Chances(14, 0.1, 0.2), Chances(10, 0.9, 0.8)),
            tracking=tuple(Tracked(date(2024, 1, n), n, n + 0.5) for n in range(1, 20)),
        ),
    )


class Reader(HTMLParser):
    """Checks that elements close in order, and collects what tests look at."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.captions: list[str] = []
        self.scripts = 0
        self.unscoped = 0
        self.unnamed_pictures = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        self.ids += [i for i in [given.get("id")] if i]
        self.links += [v for k in ("href", "src", "action", "srcset") if (v := given.get(k))]
        self.scripts += tag == "script" or any(k.startswith("on") for k in given)
        self.unscoped += tag == "th" and given.get("scope") not in {"row", "col"}
        self.unnamed_pictures += tag == "svg" and not given.get("aria-label")
        if tag == "figcaption":
            self.captions.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"{tag} closes out of order"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "figcaption":
            self.captions[-1] += data


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    assert reader.open == []
    return reader


def test_every_picture_is_there_with_a_sentence() -> None:
    data = report()
    found = read(render(data))
    anchors = [f.anchor for s in sections(data) for f in s.figures]
    assert anchors == [
        "months", "retention", "cohort-value", "gaps", "ladder", "rfm", "rfm-groups", "movement", "all-segments", "year-ahead", "churn",
        "forecast-and-fact", "chances", "tracking", "first-purchase", "products", "bringers", "countries", "spend", "coupons", "quality",
    ]  # fmt: skip
    assert len(found.captions) == len(anchors)
    for caption in found.captions:
        assert re.fullmatch(r"\S.*[.]", caption.strip()), caption
        assert any(c.isdigit() for c in caption), caption
        assert "None" not in caption


def test_page_asks_nothing_from_the_network_and_runs_no_script() -> None:
    html = render(report())
    found = read(html)
    assert {link for link in found.links if not link.startswith("#")} == {"data:,"}
    assert re.findall(r"url\(|@import|https?://", html) == []
    assert found.scripts == 0


def test_links_lead_to_anchors_and_anchors_are_unique() -> None:
    found = read(render(report()))
    assert len(found.ids) == len(set(found.ids))
    assert {link[1:] for link in found.links if link.startswith("#")} <= set(found.ids)


def test_headings_of_tables_have_a_scope_and_pictures_a_name() -> None:
    found = read(render(report()))
    assert (found.unscoped, found.unnamed_pictures) == (0, 0)


def test_names_cannot_inject_anything() -> None:
    html = render(report(ATTACK))
    assert "<script" not in html
    assert read(html).scripts == 0
    assert "&lt;script&gt;alert(&#39;1&#39;)" in html


@pytest.mark.parametrize("as_of", ["2024-07-10", "2023-01-01"])
def test_a_shop_without_orders_says_what_to_load(as_of: str) -> None:
    a = answers({}, as_of)
    html = render(report_data(a.store, a.facts))
    assert "patron load shopify" in html
    assert "<figure" not in html
    read(html)


@pytest.mark.parametrize(
    "rows",
    [
        {"orders": [order(1, "Ada", "2024-06-30", 0)]},
        {"orders": [order(1, None, "2024-06-30", 500)]},
        {"orders": [order(1, "Ada", "2024-07-09", 500)]},
        {"orders": [order(1, "Ada", "2024-01-30", 500, cancelled_at="2024-02-01"), order(2, "Ada", "2024-05-30", 500)],
         "refunds": [refund(1, 1, "Ada", "2024-02-01", 500), refund(2, None, "Bob", "2024-02-01", 90_000)]},
    ],
)  # fmt: skip
def test_the_smallest_shops_have_a_page(rows: dict[str, list[dict[str, object]]]) -> None:
    a = answers(rows, "2024-07-10")
    html = render(report_data(a.store, a.facts))
    read(html)
    assert "nan" not in re.sub(r"[a-z]nan|nan[a-z]", "", html.lower())


def test_json_has_the_same_fields_and_says_money_exactly() -> None:
    data = report()
    found = json.loads(json.dumps(data.as_json(), allow_nan=False))
    assert list(found) == [f.name for f in dataclasses.fields(ReportData)]
    assert found["numbers"]["refunded"] == {"amount": "5.00", "currency": "GBP"}
    assert found["as_of"] == "2024-07-23T00:00:00Z"
    assert found["months"][0]["month"] == "2024-01"


def test_captions_say_what_the_data_say() -> None:
    figures = [f for s in sections(report()) for f in s.figures]
    plain = {f.anchor: f.caption.replace("\N{NO-BREAK SPACE}", " ") for f in figures}
    assert plain["retention"] == "Of 100 customers whose first order was in January 2024, 67 bought again in the 3 months after."
    assert plain["spend"] == (
        "From 1 January 2024 to 31 January 2024 advertising cost £70 and 24 customers placed a first order: £2.92 per new customer."
    )
    assert plain["movement"] == (
        "Since 23 July 2024, 2 active customers fell silent, no silent customers came back and 1 customer placed a first order."
    )
    assert plain["quality"] == "1 of 9 records could not be used; `patron load --refused` lists them."
