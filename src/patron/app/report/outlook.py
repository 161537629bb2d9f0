"""What is to be expected, from the answers of kept models, and how good they were on days of the past."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from patron.app.report.answers import Answers, share
from patron.features.settings import BANDS
from patron.measurement import outlook as expected
from patron.measurement.outlook import Band, Chances, Outlook, PastTenth, Tracked, ValueTenth

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.predictions.choosing import Choice
    from patron.runtime.models import Models

_WEEK = 7
_MOST_WEEKS = 156


def outlook(answers: Answers, features: ir.Table, models: Models, warnings: tuple[str, ...]) -> Outlook | None:
    """Everything about the future; None where nothing is expected of anyone.

    Args:
        answers: the store and its facts.
        features: the features table, predictions among them.
        models: the kept ones.
        warnings: of whom the chosen model expected too much or too little.
    """
    sums = answers.row(expected.totals(features))
    if not sums["customers"]:
        return None
    is_margin = sums["clv"] is not None
    value = sums["clv"] if is_margin else sums["revenue_365"] or 0
    tenths = answers.rows(expected.by_tenth(features, "expected_clv" if is_margin else "expected_net_revenue_365d"))
    choice = models.choice
    return Outlook(
        model=models.orders.name,
        why=choice.why if choice else "",
        doubt=choice.doubt if choice else getattr(models.orders, "doubt", ""),
        warnings=warnings,
        customers=sums["customers"],
        orders=tuple(sums[f"orders_{d}"] or 0.0 for d in (30, 90, 365)),
        net_revenue=tuple(answers.money(sums[f"revenue_{d}"]) for d in (30, 90, 365)),
        measure="margin" if is_margin else "net_revenue",
        value=answers.money(value),
        tenths=tuple(
            ValueTenth(r["number"], r["customers"], answers.money(r["total"]), share(float(r["total"]), float(value))) for r in tenths
        ),
        bands=_bands(answers, features),
        past_day=choice.pasts[-1].name if choice and choice.pasts else "",
        horizon_days=round(choice.horizon) if choice else 0,
        past=_past(choice) if choice else (),
        chances=_chances(choice) if choice else (),
        tracking=_tracking(answers, models),
    )


def _bands(answers: Answers, features: ir.Table) -> tuple[Band, ...]:
    rows = {r["band"]: r for r in answers.rows(expected.by_band(features))}
    return tuple(
        Band(band, rows[band]["customers"], answers.money(rows[band]["revenue"]), answers.money_or_none(rows[band]["at_risk"]))
        for band in BANDS
        if band in rows
    )


def _past(choice: Choice) -> tuple[PastTenth, ...]:
    """Tenths of the latest day from which the chosen one forecast."""
    mine = [t for t in choice.tenths if t.model == choice.chosen and choice.pasts and t.origin == choice.pasts[-1].name]
    return tuple(PastTenth(d.number, d.customers, d.expected, d.actual) for t in mine for d in t.deciles)


def _chances(choice: Choice) -> tuple[Chances, ...]:
    mine = [o.reliability for o in choice.odds if o.model == choice.model]
    return tuple(Chances(row.customers, row.expected, row.actual) for reliability in mine for row in reliability.rows)


def _tracking(answers: Answers, models: Models) -> tuple[Tracked, ...]:
    """Repeat orders by week, counted and expected of customers who began when these did."""
    rows = answers.rows(expected.order_days(answers.facts))
    if not rows or not sum(r["repeats"] for r in rows):
        return ()
    days = np.array([(r["day"] - rows[0]["day"]).days for r in rows])
    begun, repeats = (np.array([r[c] for r in rows], dtype=np.float64) for c in ("begun", "repeats"))
    last = (answers.facts.shop.calendar.day_of(answers.facts.as_of) - rows[0]["day"]).days
    ends = np.arange(_WEEK, max(last, _WEEK) + 1, _WEEK * -(-max(last // _WEEK, 1) // _MOST_WEEKS))
    of_age = models.chances.expected_of_new(np.arange(ends[-1] + 1, dtype=np.float64))
    found = []
    for end in ends.tolist():
        here = days <= end
        forecast = float((begun[here] * of_age[end - days[here]]).sum())
        found.append(Tracked(rows[0]["day"] + timedelta(days=end), int(repeats[here].sum()), forecast))
    return tuple(found)
