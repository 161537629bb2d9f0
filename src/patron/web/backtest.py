"""The back-test as tables, and as a page in Markdown: what each model would have said, which is best, why, and for whom it is not good."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING

from patron.app.actions.backtesting import absentees, warnings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from patron.app.actions.backtesting import Backtest
    from patron.predictions.choosing.results import Band, Card, Choice

    Rows = tuple[tuple[str, ...], Sequence[tuple[str, ...]]]

_MEASURES = {
    "sum_ratio": "sum ratio",
    "mean_absolute_error": "MAE",
    "root_mean_squared_error": "RMSE",
    "spearman": "Spearman",
    "gini": "Gini",
    "top_tenth_share": "top tenth",
    "decile_error": "decile error",
}
_WORDS = """\
- **score**: mean of decile error, |sum ratio less 1| and 1 less Spearman; 0 is perfect. In brackets the band
  in which it lies in 90 of 100 drawings of customers: a difference inside it is chance.
- **sum ratio**: expected orders over orders made; 1 is right, above 1 too many were expected.
- **MAE**, **RMSE**: mean and root mean squared error of one customer, in orders.
- **Spearman**, **Gini**: whether those with the higher predictions ordered more; 1 is the order of what happened.
- **top tenth**: the share of all orders that the tenth of customers with the highest predictions placed.
- **decile error**: mean error of the tenths of customers by prediction, as a share of what they ordered.
"""


def past_rows(choice: Choice) -> Rows:
    """The days of the past: who was known then and what happened after."""
    rows = [(p.name, *(f"{v:,.0f}" for v in (p.customers, p.back, p.buyers, p.orders))) for p in choice.pasts]
    return ("as of", "customers", "came back before", "ordered after", "orders after"), rows


def score_rows(choice: Choice) -> Rows:
    """Each model with its measures of orders, over all days; the chosen one is marked."""
    rows = []
    for standing in choice.standings:
        means = _means(c for c in choice.cards if c.model == standing.model and c.about == "orders")
        mark = " *" if standing.model == choice.chosen else ""
        rows.append((standing.model + mark, _band(standing.score), *(_number(means[m]) for m in _MEASURES)))
    return ("model", "score", *_MEASURES.values()), rows


def origin_rows(choice: Choice) -> Rows:
    """Each model on each day, with bands."""
    columns = ("sum_ratio", "mean_absolute_error", "spearman", "decile_error")
    rows = [
        (c.origin, c.model, c.about, *(_band(c.measures[m]) for m in columns))
        for c in sorted(choice.cards, key=lambda c: (c.about, c.origin))
    ]
    return ("as of", "model", "of", *(_MEASURES[m] for m in columns)), rows


def segment_rows(choice: Choice) -> Rows:
    """Groups of customers, with what the chosen model expected of them."""
    rows = [
        (s.segment, f"{s.customers:,.0f}", f"{s.expected:,.0f}", f"{s.actual:,.0f}", _band(s.sum_ratio), _band(s.mean_absolute_error))
        for s in choice.segments
        if s.model == choice.chosen
    ]
    return ("customers", "how many", "orders expected", "orders made", "sum ratio", "MAE"), rows


def tenth_rows(choice: Choice) -> Rows:
    """Tenths of the customers by the chosen model's prediction, on the latest day."""
    tenths = [t for t in choice.tenths if t.model == choice.chosen][-1:]
    rows = [(str(d.number), f"{d.customers:,.0f}", f"{d.expected:.3f}", f"{d.actual:.3f}") for t in tenths for d in t.deciles]
    return ("tenth", "customers", "orders expected", "orders made"), rows


def chance_rows(choice: Choice) -> Rows:
    """Probabilities to order, beside the share that did, all days together."""
    rows = [
        (f"{100 * r.low:.0f} to {100 * r.high:.0f} %", f"{r.customers:,.0f}", f"{100 * r.expected:.1f} %", f"{100 * r.actual:.1f} %")
        for odds in choice.odds if odds.model == choice.model for r in odds.reliability.rows
    ]  # fmt: skip
    return ("said", "customers", "mean", "ordered"), rows


def page(done: Backtest, shop: str) -> str:
    """The back-test as a page."""
    choice = done.choice
    parts = [
        f"# Back-test of {shop}",
        f"What models would have said on {len(choice.pasts)} days of the past, looking {done.horizon_days} days ahead from each, "
        f"with what was known then and nothing later. As of {done.as_of:%Y-%m-%d}." + _sampled(done.one_in),
        "## The choice",
        choice.why,
        *[f"- {w}" for w in warnings(choice)],
        *[f"- {a}" for a in absentees(choice)],
    ]
    covered = [c.coverage for c in choice.covered if c.model == choice.model]
    tables = {
        "The days": (past_rows(choice), ""),
        "The models": (score_rows(choice), _WORDS),
        "Every day": (origin_rows(choice), ""),
        "For whom": (segment_rows(choice), f"Orders expected by {choice.chosen}, all days together."),
        "Tenths": (tenth_rows(choice), f"Customers by what {choice.chosen} expected of them on the latest day; orders of one customer."),
        "Chances": (chance_rows(choice), f"The chance to order within the horizon, by {choice.model}, beside the share that did."),
    }
    for title, ((columns, rows), words) in tables.items():
        if rows:
            parts += [f"## {title}", *([words.rstrip()] if words else []), _markdown(columns, rows)]
    if covered:
        parts.append(f"Intervals that were to hold 80 of 100 customers at least held {100 * covered[0].inside:.0f}.")
    return "\n\n".join(parts) + "\n"


def _sampled(one_in: int) -> str:
    return f" One customer in {one_in} was looked at." if one_in > 1 else ""


def _means(cards: Iterable[Card]) -> dict[str, float | None]:
    found: dict[str, list[float]] = {m: [] for m in _MEASURES}
    for card in cards:
        for name in _MEASURES:
            value = card.measures[name].value
            if value is not None:
                found[name].append(value)
    return {name: fmean(values) if values else None for name, values in found.items()}


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"  # noqa: RUF001  # a dash


def _band(of: Band) -> str:
    if of.value is None:
        return "–"  # noqa: RUF001  # a dash
    return f"{of.value:.3f}" if of.low is None or of.high is None else f"{of.value:.3f} ({of.low:.3f} to {of.high:.3f})"


def _markdown(columns: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    heads = list(columns)
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])
