"""Groups of customers: RFM, movement, segments and what to do next; products; and how good the data are."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import ibis

from patron.app.report.answers import Answers, share
from patron.measurement import products, quality, rfm, stakes
from patron.measurement.report import Action, File, Flow, Movement, Product, Quality, Rfm, RfmCell, RfmGroup

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import ibis.expr.types as ir

    from patron.measurement.report import Goal, Numbers, Segment

_PRODUCTS = 15
_ACTIONS = 4  # of each goal
_CANDIDATES = 12  # of each goal


def rfm_pictures(answers: Answers, features: str) -> Rfm:
    """The grid and the groups of a features table; empty where there is none."""
    if features not in answers.store.tables():
        return Rfm((), ())
    table = rfm.features_named(features)
    cells = answers.rows(rfm.rfm_grid(table))
    groups = answers.rows(rfm.rfm_groups(table))
    people, money = sum(g["customers"] for g in groups), sum(g["net_revenue"] for g in groups)
    return Rfm(
        tuple(RfmCell(c["r_score"], c["f_score"], c["customers"], answers.money(c["net_revenue"])) for c in cells),
        tuple(
            RfmGroup(
                g["rfm_group"],
                g["customers"],
                g["customers"] / people,
                answers.money(g["net_revenue"]),
                share(g["net_revenue"], max(money, 0)),
            )
            for g in groups
        ),
    )


def movement(answers: Answers, earlier: str, now: str, since: datetime) -> Movement:
    """Who moved between two features tables."""
    rows = answers.rows(rfm.movement(rfm.features_named(earlier), rfm.features_named(now)))
    return Movement(since, tuple(Flow(r["was"], r["is_now"], r["customers"], answers.money(r["net_revenue"])) for r in rows))


def actions(answers: Answers, segments: Sequence[Segment], features: str, memberships: str) -> tuple[Action, ...]:
    """The segments with the most money at stake that do not repeat each other."""
    if not {features, memberships} <= answers.store.tables():
        return ()
    stored = answers.store.columns(memberships)
    slugs = [s.slug for s in segments if s.members and s.advice and s.slug in stored]
    if not slugs:
        return ()
    table, flags = rfm.features_named(features), ibis.table({"customer_id": "int64", **dict.fromkeys(slugs, "boolean")}, name=memberships)
    row = answers.row(stakes.stakes(table, flags, slugs))
    members = {s: row[f"members_{i}"] or 0 for i, s in enumerate(slugs)}
    stake = {s: row[f"stake_{i}"] or 0 for i, s in enumerate(slugs)}
    silent = {s for i, s in enumerate(slugs) if (row[f"silent_{i}"] or 0) * 2 > members[s]}
    scored = table.filter(table.r_score.notnull())
    customers = answers.row(scored.aggregate(n=scored.count()))["n"]
    goals: dict[Goal, list[str]] = {"keep": [s for s in slugs if s not in silent], "win_back": [s for s in slugs if s in silent]}
    found: list[Action] = []
    for goal, some in goals.items():
        ranked = stakes.candidates({s: members[s] for s in some}, stake, customers=customers, limit=_CANDIDATES)
        chosen = stakes.distinct(ranked, members, _shared(answers, flags, ranked), limit=_ACTIONS)
        found += [Action(s, goal, members[s], answers.money(stake[s])) for s in chosen]
    return tuple(found)


def _shared(answers: Answers, flags: ir.Table, slugs: Sequence[str]) -> dict[frozenset[str], int]:
    """How many members each two segments share."""
    if len(slugs) < 2:
        return {}
    counts = answers.row(stakes.shared_members(flags, slugs))
    return {frozenset((slugs[i], slugs[j])): counts[f"shared_{i}_{j}"] for i, j in combinations(range(len(slugs)), 2)}


def best_products(answers: Answers) -> tuple[Product, ...]:
    """The products with the most net revenue."""
    return tuple(
        Product(
            code=r["product_code"] or "",
            name=r["name"] or "",
            category=r["category"] or "",
            net_revenue=answers.money(r["net_revenue"]),
            refund_share=share(r["refunded"], max(r["sold"], 0)),
            buyers=r["buyers"],
            repeat_buyers=r["repeat_buyers"],
            repeat_share=share(r["repeat_buyers"], r["buyers"]),
        )
        for r in answers.rows(products.best_products(answers.facts, limit=_PRODUCTS))
    )


def data_quality(answers: Answers, numbers: Numbers) -> Quality:
    """What is to be known about the data."""
    facts = answers.facts
    files = tuple(
        File(r["file"], r["source"], r["read_count"], r["kept_count"], r["unchanged_count"], r["refused_count"])
        for r in answers.rows(quality.files())
    )
    orders, refunds = answers.row(quality.order_quality(facts)), answers.row(quality.refund_quality(facts))
    last = numbers.last_order_on
    return Quality(
        files=files,
        read=sum(f.read for f in files),
        refused=sum(f.refused for f in files),
        guest_orders=orders["guest_count"],
        cancelled_orders=orders["cancelled_count"],
        unpaid_orders=orders["unpaid_count"],
        adjustments=orders["adjustment_count"],
        adjustment_total=answers.money(orders["adjustment_total"]),
        other_currency_orders=orders["other_currency_count"],
        refunds=refunds["refund_count"],
        undated_refunds=refunds["undated_count"],
        unmatched_refunds=refunds["unmatched_count"],
        unmatched_refund_net_revenue=answers.money(refunds["unmatched_net_revenue"]),
        repeated_lines=answers.row(quality.repeated_lines(facts))["repeated_count"] or 0,
        future_orders=answers.row(quality.future_orders(facts))["future_count"],
        days_since_last_order=None if last is None else (facts.shop.calendar.day_of(facts.as_of) - last).days,
    )
