"""Conditions and people at random, for properties."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from hypothesis import strategies as st

from segments.world import AS_OF, Person, event

NUMBERS = [
    "order_count",
    "days_since_last_order",
    "lateness",
    "days_until_renewal",
    "view_count_7d",
    "units",
    "usual_gap_days",
    "view_share",
]
MONEY = ["net_revenue", "mean_order_value"]
COMPARISON = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
_SMALL = st.sampled_from(["0", "1", "2", "3", "0.5", "1.5", "7", "30"])
_WINDOW = st.sampled_from(["", ', last="1 hour"', ', last="1 day"', ', last="7 days"'])
_FILTER = st.sampled_from(["", ', category="x"', ', category=["x", "y"]'])
_KIND = st.sampled_from(["a", "b", "c"])


def _text(*parts: st.SearchStrategy[str] | str) -> st.SearchStrategy[str]:
    return st.tuples(*(st.just(p) if isinstance(p, str) else p for p in parts)).map("".join)


COUNTS = st.one_of(
    _text('happened("', _KIND, '"', _WINDOW, _FILTER, ")"),
    _text('distinct_of("product_id", "', _KIND, '"', _WINDOW, ")"),
    _text('days_since("', _KIND, '"', _FILTER, ")"),
)
_NUMBER = st.one_of(
    st.sampled_from(NUMBERS), COUNTS, _text(st.sampled_from(["average", "typical"]), "(", st.sampled_from(NUMBERS), ")"),
    _text("percentile(", st.sampled_from(NUMBERS), ", 0.75)"), st.just('bucket("s")'),
)  # fmt: skip
_MONEY = st.one_of(st.sampled_from(MONEY), _text('sum_of("value", "', _KIND, '"', _WINDOW, ")"), st.just("average(net_revenue)"))
_STEP = st.one_of(_text('"', _KIND, '"'), _text('step("', _KIND, '", category="x")'))
_LAST_STEP = st.one_of(_STEP, _text('absent("', _KIND, '")'))
_OPTIONS = st.sampled_from(["", ', within="30 minutes"', ', within="1 day"', ', last="2 days"', ', within="1 hour", last="1 day"'])
_SAME = st.sampled_from(["", ', same=("product_id",)'])
SEQUENCES = st.one_of(
    _text("sequence(", _STEP, ", ", _LAST_STEP, _OPTIONS, _SAME, ")"),
    _text("sequence(", _STEP, ', absent("', _KIND, '"), ', _STEP, _OPTIONS, _SAME, ")"),
    _text("sequence(", _STEP, ", ", _STEP, ", ", _LAST_STEP, _OPTIONS, ")"),
)
_RANKS = st.one_of(
    _text(st.sampled_from(["top", "bottom"]), "(", st.sampled_from([*NUMBERS, *MONEY]), ", ", st.sampled_from(["n=2", "share=0.3"]), ")"),
    _text("top(", st.sampled_from([*NUMBERS, *MONEY]), ', share=0.4, within="country")'),
)
_PLAIN = st.one_of(
    _text(_NUMBER, " ", COMPARISON, " ", _SMALL),
    _text(_NUMBER, " ", COMPARISON, " ", _NUMBER),
    _text(_NUMBER, st.sampled_from([" + ", " - ", " * ", " / "]), _NUMBER, " ", COMPARISON, " ", _SMALL),
    _text(_MONEY, " ", COMPARISON, " ", _SMALL),
    _text(_MONEY, st.sampled_from([" / 2", " - 1", " / order_count", ""]), " ", COMPARISON, " ", _MONEY),
    _text("1 < ", _NUMBER, " <= 7"),
    st.sampled_from([
        'country in ["GB", "IE"]', 'country not in ["GB"]', 'country != "GB"', "has(country)", "unknown(lateness)", "is_subscribed",
        "is_subscribed == False", 'contains(city, "O")', 'starts_with(city, "l")', 'ends_with(city, "n")', "order_count in [1, 2]", "True",
    ]),
)  # fmt: skip
LEAVES = st.one_of(_PLAIN, _PLAIN, _RANKS, SEQUENCES)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        _text("(", inner, " and ", inner, ")"), _text("(", inner, " or ", inner, ")"), _text("not (", inner, ")"),
        _text("n_of(2, ", inner, ", ", inner, ", ", inner, ")"),
    ),
    max_leaves=5,
)  # fmt: skip

_BEFORE = st.sampled_from([0.0005, 1, 30 * 60, 3_600, 3_601, 86_399, 86_400, 2 * 86_400, 7 * 86_400, 7 * 86_400 + 0.5, 20 * 86_400, 90_000])
INSTANTS = _BEFORE.map(lambda seconds: AS_OF - timedelta(seconds=seconds))
EVENTS = st.lists(
    st.builds(
        lambda kind, at, category, product, value: event(kind, at, category=category, product_id=product, value=value),
        _KIND, INSTANTS, st.sampled_from(["x", "y", None]), st.sampled_from([1, 2, None]), st.sampled_from([100, 250, None]),
    ),
    max_size=7,
).map(tuple)  # fmt: skip
PEOPLE = st.lists(
    st.builds(
        Person,
        order_count=st.sampled_from([0, 1, 2, 3, None]),
        net_revenue=st.sampled_from([0, 50, 100, 150, 300, None]),
        units=st.sampled_from([Decimal("0.500"), Decimal(1), Decimal(3), None]),
        last_order_at=INSTANTS | st.none(),
        usual_gap_days=st.sampled_from([0.5, 1.0, 7.0, 9.75, None]),
        renews_at=st.sampled_from([AS_OF + timedelta(days=d) for d in (0.25, 1, 7.5, 30)]) | st.none(),
        views=st.lists(INSTANTS, max_size=3).map(tuple),
        country=st.sampled_from(["GB", "IE", "FR", None]),
        city=st.sampled_from(["London", "leeds", "Cork", None]),
        is_subscribed=st.sampled_from([True, False, None]),
        events=EVENTS,
    ),
    min_size=1,
    max_size=6,
)  # fmt: skip
