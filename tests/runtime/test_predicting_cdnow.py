"""The published parameters, from orders through the engine: the day that has just ended counts, orders of a day are one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from patron.facts.as_of import PREDICTIONS, Facts
from patron.facts.shop import Shop
from patron.features.partials import histories, orders
from patron.features.settings import PredictionSettings
from patron.runtime import predicting
from patron.testing.tiny import tiny_shop

FILE = Path(__file__).resolve().parents[2] / "../shared/data/cdnow_sample/CDNOW_sample.txt"
PUBLISHED = {"bgnbd": (0.2425945, 4.4136021, 0.7929220, 2.4259068), "paretonbd": (0.5532770, 10.5776835, 0.6062400, 11.6687353)}


@pytest.mark.skipif(not FILE.is_file(), reason="the file of the published study is not there")
def test_published_parameters_come_out_of_orders_in_the_engine() -> None:
    rows = []
    for line in FILE.read_text(encoding="utf-8").splitlines():
        _, customer, day, _, value = line.split()
        rows.append(
            {"customer_id": int(customer), "ordered_at": f"{day[:4]}-{day[4:6]}-{day[6:]}", "net_revenue": round(float(value) * 100)}
        )
    engine = tiny_shop({"orders": rows})
    facts = Facts(Shop(), datetime(1997, 10, 1, tzinfo=UTC), frozenset({"orders", PREDICTIONS}))
    for partial in (orders.ORDER_ROWS, orders.GAPS, histories.HISTORIES):
        engine.create(partial.table_name, partial.expression(facts))
    for name, published in PUBLISHED.items():
        models = predicting.fitted(engine, facts, predicting.named(name), PredictionSettings(), now=facts.as_of)
        of_weeks = np.array(models.chances.values) / ([1, 7, 1, 1] if name == "bgnbd" else [1, 7, 1, 7])
        assert models.customers == 2357
        np.testing.assert_allclose(of_weeks, published, rtol=1e-5)
        assert models.chances.doubt == ""
