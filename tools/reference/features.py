"""The page of features."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from patron.features.catalog import BUILT_IN
from patron.features.groups import GROUPS
from tools.reference.markdown import code, document, sentence, table

if TYPE_CHECKING:
    from patron.features.feature import Feature
    from patron.features.groups import Group

_SHELVES = {
    "recency": "When the customer was last there.",
    "frequency": "How often the customer buys.",
    "money": "What the customer is worth so far. Money is net revenue in the shop's currency unless the name says otherwise.",
    "rhythm": "In which rhythm the customer buys.",
    "basket": "What the customer buys.",
    "prices": "At which prices the customer buys.",
    "returns": "What the customer gives back.",
    "acquisition": "How the customer was won.",
    "engagement": "What the customer does besides buying.",
    "place": "Where the customer is, and personal dates.",
    "sentiment": "What the customer says.",
    "consent": "Through which channels the customer may be reached.",
    "scores": "Ranks among the shop's customers.",
    "lifecycle": "Where the customer stands on the way from a first contact to loyalty.",
    "predictions": "What to expect.",
    "own": "The shop's own features.",
}


def page() -> str:
    """The page."""
    shelves = list(_SHELVES)
    visible = sorted(BUILT_IN.visible(), key=lambda f: shelves.index(f.family))
    parts = []
    for family, features in groupby(visible, key=lambda f: f.family):
        rows = [(code(f.name), f.kind, f.unit, sentence(f.meaning), _needs(f), ", ".join(f.seeds)) for f in features]
        parts += [
            f"## {family.capitalize()}",
            _SHELVES[family],
            table(("feature", "kind", "unit", "meaning", "needs", "asked for by"), rows),
        ]
    return document(
        "Features",
        f"The {len(visible)} features that every customer has as of an instant: the words of [conditions](segment-language.md), of reports "
        "and of exports. A window such as `_90d` ends at as of and begins exactly 90 days before, to the second. "
        "A feature that needs a table without any row is unknown, not zero.",
        *parts,
        "## RFM groups",
        "Every customer with an order is in exactly one of eleven groups, by three scores. The list is read from the top, and "
        "the first line that fits decides.",
        table(("group", "who", "recency", "frequency", "money"), [_group(g) for g in GROUPS]),
    )


def _needs(feature: Feature) -> str:
    all_of = [code(name) for name in feature.needs]
    one_of = " or ".join(code(name) for name in feature.needs_one_of)
    return ", ".join([*all_of, *([one_of] if one_of else [])])


def _group(group: Group) -> tuple[str, ...]:
    spans = (str(low) if low == high else f"{low} to {high}" for low, high in (group.r, group.f, group.m))
    return (code(group.name), sentence(group.meaning), *("any" if span == "1 to 5" else span for span in spans))
