"""Whatever rows tables hold, the engine of few rows gives the answers of the embedded one: joins, groups, windows and sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patron.adapters.engines.arrays.engine import ArraysEngine
from patron.adapters.engines.duckdb import DuckDBEngine

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.ports.engine import Engine

_SCHEMA = pa.schema({"id": pa.int64(), "key": pa.int64(), "word": pa.string(), "share": pa.float64(), "is_good": pa.bool_()})
_LEFT, _RIGHT = (ibis.table(ibis.Schema.from_pyarrow(_SCHEMA), name=name) for name in ("left_rows", "right_rows"))
_OTHER = _RIGHT.rename({f"other_{c}": c for c in _SCHEMA.names})
_THIRD = _RIGHT.rename({f"third_{c}": c for c in _SCHEMA.names})
_ONE = _LEFT.key == _OTHER.other_key
_TWO = (_ONE, _LEFT.word == _OTHER.other_word)
_LATER = _LEFT.id < _OTHER.other_id
_GOOD = _LEFT.is_good
_BY_KEY = ibis.window(group_by="key", order_by=[ibis.desc("share"), "id"])
_SO_FAR = ibis.cumulative_window(group_by=["key", "word"], order_by="id")
_UNTIL = ibis.cumulative_window(group_by="key", order_by="id")
_SINCE = ibis.window(group_by="key", order_by="id", preceding=0)
_BY_TIES = ibis.window(group_by="key", order_by=["n", ibis.desc("word"), "id"])
_ODD = (_LEFT.id % 2 == 1).ifelse(_LEFT.id, ibis.null("int64"))
_FAR = (_LEFT.id - 3) * (1 << 60)  # too far apart for a part and a value in one number
_EACH = _OTHER.group_by(its_key="other_key").aggregate(n=_OTHER.count(), last=_OTHER.other_word.max())
_EACH_MORE = _EACH.filter(_EACH.n > 1).select("last", the_key="its_key")

_ROWS = st.lists(
    st.tuples(
        st.none() | st.integers(-1, 2),
        st.none() | st.sampled_from(["", "a", "b", "é"]),
        st.none() | st.sampled_from([-1.5, -0.0, 0.0, 2.0]),
        st.none() | st.booleans(),
    ),
    max_size=7,
)

_QUESTIONS: dict[str, ir.Table] = {
    **{f"{how} join": _LEFT.join(_OTHER, _ONE, how=how) for how in ("inner", "left", "outer", "semi", "anti")},
    **{f"{how} join by two keys": _LEFT.join(_OTHER, _TWO, how=how) for how in ("inner", "left", "outer", "semi", "anti")},
    **{f"{how} join with a condition": _LEFT.join(_OTHER, (_ONE, _LATER), how=how) for how in ("inner", "left", "semi", "anti")},
    "cross join": _LEFT.cross_join(_OTHER),
    "two joins": _LEFT.left_join(_OTHER, _ONE).inner_join(_THIRD, _LEFT.id == _THIRD.third_id),
    "join of some": _LEFT.filter(_LEFT.is_good).left_join(_OTHER.filter(_OTHER.other_share > 0), _ONE),
    "groups": _LEFT.group_by("key", "word").aggregate(
        n=_LEFT.count(), known=_LEFT.share.count(), kinds=_LEFT.word.nunique(), total=_LEFT.id.sum(where=_LEFT.is_good),
        mean=_LEFT.share.mean(), low=_LEFT.share.min(), high=_LEFT.word.max(where=_LEFT.id > 1), some=_LEFT.is_good.any(),
        every=_LEFT.is_good.all(), middle=_LEFT.share.median(where=_LEFT.is_good),
    ),
    "groups, by a flag of itself": _LEFT.group_by("key").aggregate(n=_GOOD.count(where=_GOOD), every=_GOOD.all(where=_GOOD)),
    "groups by numbers with a fraction": _LEFT.group_by(by=_LEFT.share.abs()).aggregate(n=_LEFT.count()),
    "the row of the largest": _LEFT.group_by("key").aggregate(
        last=_LEFT.word.argmax(_LEFT.id, where=_LEFT.word.notnull()), first=_LEFT.share.argmin(_LEFT.id, where=_LEFT.share.notnull())
    ),
    "all in one group": _LEFT.aggregate(n=_LEFT.count(), total=_LEFT.share.sum(), last=_LEFT.word.max()),
    "windows": _LEFT.mutate(
        number=ibis.row_number().over(_BY_KEY), before=_LEFT.word.lag().over(_BY_KEY), after=_LEFT.id.lead(2).over(_BY_KEY),
        place=ibis.dense_rank().over(ibis.window(group_by="is_good", order_by="key")),
        so_far=_LEFT.id.sum().over(_SO_FAR), highest=_LEFT.share.max().over(_SO_FAR), n=_LEFT.word.count().over(_SO_FAR),
    ),
    "windows over whole numbers": _LEFT.mutate(
        odd=_ODD.max().over(_UNTIL), low=_ODD.min().over(_UNTIL), far=_FAR.max().over(_UNTIL), least=_FAR.min().over(_SINCE),
    ),
    "windows over ties": _LEFT.mutate(n=_LEFT.id % 2).mutate(before=ibis._.word.lag().over(_BY_TIES), at=ibis.row_number().over(_BY_TIES)),
    "words": _LEFT.mutate(
        some=_LEFT.word.isin(["a", "é", "z"]), one=_LEFT.word == "a", others=_LEFT.word.notin(["", "b"]), none=_LEFT.word == "z",
    ),
    "words of some": _LEFT.filter(_LEFT.key >= 0, _LEFT.word != "b").mutate(some=ibis._.word.isin(["a", "é"]), one=ibis._.word == "a"),
    "groups in order": _LEFT.group_by("id").aggregate(n=_LEFT.count(), last=_LEFT.word.max()),
    **{f"{how} join by what tells rows apart": _LEFT.join(_EACH, _LEFT.key == _EACH.its_key, how=how) for how in ("inner", "left", "semi")},
    "joins by what tells rows apart": _LEFT.left_join(_EACH, _LEFT.key == _EACH.its_key)
        .select("id", "key", "its_key", "n")
        .left_join(_EACH_MORE, ibis._.its_key == _EACH_MORE.the_key),
    "join by what told rows apart before a join": _RIGHT.inner_join(_EACH, _RIGHT.key == _EACH.its_key)
        .select("id", "its_key")
        .inner_join(_THIRD, ibis._.its_key == _THIRD.third_key),
    "distinct rows": _LEFT.select("key", "word").distinct(),
    "rows of both": _LEFT.select("key", "is_good").union(_RIGHT.select("key", "is_good"), distinct=True),
    "rows of one alone": _LEFT.select("key", "word").difference(_RIGHT.select("key", "word")),
    "rows again and again": _LEFT.filter(_LEFT.key >= 0).filter(ibis._.word.notnull()).mutate(n=ibis._.key + 1).filter(ibis._.n > 1),
}  # fmt: skip


@pytest.fixture(scope="module")
def engines() -> tuple[ArraysEngine, DuckDBEngine]:
    return ArraysEngine(), DuckDBEngine()


@given(left=_ROWS, right=_ROWS)
@settings(max_examples=40, deadline=None)  # statements are written for the first
def test_answers_are_those_of_the_embedded_engine(
    engines: tuple[ArraysEngine, DuckDBEngine], left: list[tuple[object, ...]], right: list[tuple[object, ...]]
) -> None:
    here, there = (_answers(engine, left, right) for engine in engines)
    assert here == there


def _answers(engine: Engine, left: list[tuple[object, ...]], right: list[tuple[object, ...]]) -> dict[str, list[str]]:
    for name, rows in (("left_rows", left), ("right_rows", right)):
        table = pa.Table.from_pylist([dict(zip(_SCHEMA.names, (n, *row), strict=True)) for n, row in enumerate(rows)], _SCHEMA)
        engine.fill(name, table.to_reader())
    return {question: sorted(map(_told, engine.query(rows).to_pylist())) for question, rows in _QUESTIONS.items()}


def _told(row: dict[str, object]) -> str:
    return repr({name: value + 0.0 if isinstance(value, float) else value for name, value in row.items()})  # zero has no sign
