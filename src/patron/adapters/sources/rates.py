"""Rates of currencies: what a unit is worth in the shop's currency from a day on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron.collect import amounts, ids
from patron.ports.source import Check, Field, FileSource, Layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.ports.source import Intake

_FIELDS = (
    Field("currency", "text", ("currency code", "code", "from", "base"), needed=True, filled=True),
    Field("starts_on", "date", ("date", "day", "from date", "valid from"), needed=True, filled=True),
    Field("rate", "number", ("exchange rate", "value"), needed=True, filled=True),
)


def _facts(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:  # noqa: ARG001  # a rate needs nothing else
    return {"rates": records.select("starts_on", "rate", rate_id=records.key, currency=records.currency.upper())}


LAYOUT = Layout(
    name="rates, one row per currency and day",
    fields=_FIELDS,
    primary="rates",
    key=lambda records, _: ids.named("rate", records.currency.upper(), records.starts_on.cast("string")),
    facts=_facts,
    checks=(
        Check("currency", lambda r: ~amounts.is_code(r.currency.upper()), "an ISO 4217 code such as EUR"),
        Check("rate", lambda r: ~(r.rate > 0), "a rate above 0", "how much of the shop's currency one unit is worth"),
    ),
)
SOURCE = FileSource("rates", "What currencies are worth in the shop's, from a day on.", (LAYOUT,))
