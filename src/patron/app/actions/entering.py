"""Who takes part in a back-test beside the standard entrants, and why others do not, as the shop's own past and its owner say."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

from patron.predictions.choosing.results import Absent
from patron.predictions.further import Busy, Further, by_season, regular
from patron.predictions.pasts import busy_days, known_then
from patron.runtime.predicting import daily_orders

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from patron.facts.as_of import Facts
    from patron.ports.engine import Engine
    from patron.predictions.choosing import Origin
    from patron.predictions.pasts import Past

    OriginOf = Callable[[Past], Origin | None]

_TREES = "boosted trees"


def further(engine: Engine, facts: Facts, pasts: Sequence[Past], origins: Sequence[Origin], boosted: Further) -> Further:
    """All who take part beside the standard entrants, the simplest first.

    Args:
        engine: holds the facts.
        facts: as of the instant from which to look back.
        pasts: the days of the past.
        origins: what was known then.
        boosted: whether trees take part.
    """
    if not origins:
        return Further()
    names = {o.name for o in origins}
    busy = {str(past.day): _busy(engine, facts, past) for past in pasts if str(past.day) in names}
    found = (regular(origins), by_season(busy, pasts[0].horizon_days), boosted)
    return Further(tuple(e for f in found for e in f.entrants), tuple(a for f in found for a in f.absent))


def with_trees(pasts: Sequence[Past], origin: OriginOf, *, is_asked: bool) -> Further:
    """Boosted trees, where the owner asks for them, they are installed, and there is a past for them to learn from.

    Args:
        pasts: the days of the past, in the order of time.
        origin: what was known on a day and happened after it; None where nobody had ordered by then.
        is_asked: whether the owner does.
    """
    if not is_asked:
        return _absent("nobody asked for them (`boosting = true` under [predictions] in patron.toml, or --boosting)")
    try:
        boosting = import_module("patron.predictions.boosting")
    except ImportError:
        return _absent("LightGBM is not installed: it comes with the extra patron[boosting]")
    before = {str(past.day): origin(replace(past, day=past.day - past.horizon)) for past in pasts}
    learned = {name: at for name, at in before.items() if at is not None}
    if len(learned) < len(before):
        return _absent(f"they learn from an earlier day, and a horizon before {min(before.keys() - learned)} nobody had ordered")
    return Further((boosting.challenger(learned),))


def _absent(why: str) -> Further:
    return Further(absent=(Absent(_TREES, why),))


def _busy(engine: Engine, facts: Facts, past: Past) -> Busy:
    first, daily = daily_orders(engine.query(busy_days(known_then(facts, past)).order_by("day")), past.eve)
    return Busy(first, daily)
