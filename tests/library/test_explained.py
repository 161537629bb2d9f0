from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from patron.library.files import segment_files
from patron.segments.explain import Reason, explain_query, explanation
from patron.segments.tree import leaves
from patron.segments.words import said
from patron.testing.tiny import customer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patron.adapters.engines.duckdb import DuckDBEngine
    from patron.testing.answers import Answers

SLUGS = [slug for slug, _ in segment_files()]


def leaves_of(reason: Reason) -> Iterator[Reason]:
    if reason.joint == "leaf":
        yield reason
    for part in reason.parts:
        yield from leaves_of(part)


@pytest.mark.parametrize("slug", SLUGS)
def test_each_part_of_a_segment_is_explained_for_everybody(slug: str, sample: Answers, engine: DuckDBEngine) -> None:
    plan = replace(sample.plan, checked=sample.plan.checked.only([slug]))
    asked = [said(leaf) for leaf in leaves(plan.conditions[slug])]
    rows = engine.query(explain_query(plan, slug, sample.stats)).to_pylist()
    assert len(rows) == 48
    for row in rows:
        found = explanation(plan, slug, row)
        assert found.is_member == (row["customer_id"] in sample.members[slug])
        told = list(leaves_of(found.reason))
        assert [leaf.text for leaf in told] == asked
        assert all(leaf.figures or leaf.segment for leaf in told)
        assert json.loads(json.dumps(found.as_json()))["is_member"] == found.is_member


def test_an_explanation_reads_like_a_sum_that_was_worked_out(sample: Answers, engine: DuckDBEngine) -> None:
    row = engine.query(explain_query(sample.plan, "at_risk", sample.stats, [customer("Gustav")])).to_pylist()[0]
    assert explanation(sample.plan, "at_risk", row).lines() == [
        "yes  in_segment(at_risk)",
        "  yes  all of",
        "    yes  order_count >= 3   (order_count is 9 orders)",
        "    yes  lateness > 2   (lateness is 3.769 usual gaps)",
        "    yes  net_revenue_365d > typical(net_revenue_365d)   (net_revenue_365d is 375.00 EUR; typical(net_revenue_365d) is 120.00 EUR)",
    ]
