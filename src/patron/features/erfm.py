"""eRFM: scores from 1 to 5 for recency, frequency, money and engagement, and the groups that they make.

A score comes from four cut points that are the same for all customers, so equal values always share a score and a higher value never has
a lower one. By quantile, cut points split the customers with an order into fifths. Where many are equal (in most shops more than half
have ordered once), a tie stays together in the lowest score it touches, and the remaining scores are shared out among the rest:
with 60 % single orders, one order scores 1 and the repeat customers are split into four.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import ibis

from patron.features.feature import Ages, Change, Feature, Follows, Slides, Still
from patron.features.groups import rfm_group
from patron.features.settings import SCORES
from patron.features.values import number
from patron.kernel.errors import InputError
from patron.kernel.problems import Problem, did_you_mean
from patron.kernel.time import SECONDS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.features.inputs import Inputs
    from patron.features.settings import Score, ScoreSettings

_order = partial(Feature, family="scores", needs=("orders",))
_NAMES = {"r": "Recency", "f": "Frequency", "m": "Money", "e": "Engagement"}
_NO_NUMBERS = frozenset({"id", "text", "flag", "instant", "date"})
_SEEDS = ("004-19", "004-02", "002-16", "002-38")


def check(settings: ScoreSettings, catalog: Mapping[str, Feature]) -> None:
    """Nothing, when every score is made from a number in the catalog.

    Raises:
        InputError: with each rule that names no feature, or one that is no number.
    """
    numbers = {f.name for f in catalog.values() if f.kind not in _NO_NUMBERS and not f.hidden}
    problems = [
        Problem(f"scores.{s}.feature", name, "the name of a feature that is a number", did_you_mean(name, numbers))
        for s, name in ((s, settings.rule(s).feature) for s in SCORES)
        if name not in numbers
    ]
    if problems:
        raise InputError("The scores cannot be made.", problems)


def scored(value: ir.Value, cuts: tuple[float, ...], *, less_is_better: bool) -> ir.Value:
    """The score of a value: one more than the cut points that it reaches."""
    double = value.cast("float64")
    reached = [(double <= number(c) if less_is_better else double >= number(c)).ifelse(1, 0) for c in cuts]
    return ibis.ifelse(value.isnull(), ibis.null("int64"), sum(reached, start=ibis.literal(1, "int64")))


def less_is_better(feature: Feature) -> bool:
    """Whether small values are good: days since something, or lateness."""
    return isinstance(feature.changes, Ages) and not feature.changes.until


def features(settings: ScoreSettings, catalog: Mapping[str, Feature]) -> tuple[Feature, ...]:
    """The features of the family, over a catalog that holds the features they score."""
    rules = {s: catalog[settings.rule(s).feature] for s in SCORES}
    aging = [s for s in SCORES if isinstance(rules[s].changes, Ages)]
    rfm, erfm = (tuple(f"{s}_score" for s in word) for word in ("rfm", "erfm"))
    return (
        *(_score(s, rules[s]) for s in SCORES),
        *(_edge(s, rules[s]) for s in aging),
        _order(
            name="rfm_cell", kind="text", unit="three scores", seeds=_SEEDS,
            meaning="Recency, frequency and money scores in a row: 545 ordered lately, often, and for much.",
            value=lambda i: _joined(i, rfm), changes=Follows(rfm),
        ),
        _order(
            name="erfm_cell", kind="text", unit="four scores", seeds=_SEEDS, needs_one_of=rules["e"].needs_one_of,
            meaning="Engagement, recency, frequency and money scores in a row.",
            value=lambda i: _joined(i, erfm), changes=Follows(erfm),
        ),
        _order(
            name="rfm_group", kind="text", unit="group", seeds=(*_SEEDS, "004-07", "004-09"),
            meaning="The group that the scores make: champions, loyal, at_risk …; who has ordered is in exactly one of eleven.",
            value=lambda i: rfm_group(*(i.feature(s) for s in rfm)), changes=Follows(rfm),
        ),
    )  # fmt: skip


def _score(score: Score, feature: Feature) -> Feature:
    def value(i: Inputs) -> ir.Value:
        known = i.cuts.get(score)
        if known is None:
            return ibis.null("int64")
        made = scored(i.feature(feature.name), known, less_is_better=less_is_better(feature))
        # Who has never ordered has no rank among those who have; interest can be ranked all the same.
        return made if score == "e" else ibis.ifelse(i.feature("order_count") > 0, made, ibis.null("int64"))

    match feature.changes:
        case Ages():
            changes: Change = Slides(f"edge_{score}_score_at")
        case Slides():
            changes = replace(feature.changes, ahead="")  # that is the feature's, not its score
        case Still():
            changes = feature.changes
        case _:
            changes = Follows((feature.name,))
    return Feature(
        name=f"{score}_score", family="scores", kind="count", unit="score from 1 to 5", seeds=_SEEDS,
        meaning=f"{_NAMES[score]} from 1 to 5, 5 best: {feature.name} against the shop's cut points; equal values share a score.",
        needs=feature.needs, needs_one_of=feature.needs_one_of, value=value, changes=changes,
    )  # fmt: skip


def _edge(score: Score, feature: Feature) -> Feature:
    """When a score that ages falls next."""

    def value(i: Inputs) -> ir.Value:
        ages = feature.changes
        cuts = i.cuts.get(score)
        if not isinstance(ages, Ages) or not cuts:
            return ibis.null("timestamp(6)")
        unit = i.feature(ages.per) if ages.per else number(1.0)
        ahead = [(i.feature(feature.name) <= number(c), number(c) * unit) for c in sorted(cuts)]
        # Ages count whole seconds: the score falls with the first second after the cut point.
        seconds = (ibis.cases(*ahead) * float(SECONDS_PER_DAY)).floor().cast("int64") + 1
        return i.feature(ages.since).truncate("s") + seconds.as_interval("s")

    return Feature(
        name=f"edge_{score}_score_at", family="scores", kind="instant", unit="instant", hidden=True, needs=feature.needs,
        meaning=f"When the {_NAMES[score].lower()} score falls if nothing happens.", value=value,
    )  # fmt: skip


def _joined(i: Inputs, scores: tuple[str, ...]) -> ir.Value:
    first, *others = (i.feature(s).cast("string") for s in scores)
    return first.concat(*others)
