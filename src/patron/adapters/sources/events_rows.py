"""What all sources of events share: ids, amounts, and values inside JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.collect import amounts, ids

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from patron.ports.source import Intake


@ibis.udf.scalar.builtin(signature=(("string", "string"), "string"))
def json_extract_string(json, path):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """The text at a path of a JSON text; the engine that reads files has this function."""


def event_id(records: ir.Table, intake: Intake, content: tuple[ir.Value, ...]) -> ir.IntegerValue:
    """The id of each event: by its message id, else by its content and how often that was said before in the file.

    Args:
        records: with `message_id`.
        intake: the file's.
        content: all that makes an event what it is.
    """
    by_message = ids.named("event", records.message_id)
    said = [ibis.coalesce(part.cast("string"), ibis.literal("")) for part in content]
    text = ids.named("event", "", intake.scope, *said)
    times = ibis.row_number().over(ibis.window(group_by=text)).cast("string")
    by_content = ids.named("event", "", text.cast("string"), times)
    return ibis.coalesce(by_message, by_content) if "message_id" in intake.has else by_content


def session_id(session: ir.StringValue, intake: Intake) -> ir.IntegerValue:
    """The id of a visit."""
    return ids.named("session", intake.scope, session)


def price_of(price: ir.DecimalValue, quantity: ir.DecimalValue) -> ir.DecimalValue:
    """The price of so many, of one where it is not said of how many; null when it has more digits than there is place for."""
    many = ibis.coalesce(quantity, ibis.literal(1).cast("decimal(18, 3)"))
    return (price.cast("decimal(19, 6)") * many).try_cast("decimal(18, 6)")  # a product of two of 18 digits is held to 18


def money(amount: ir.DecimalValue, code: ir.StringValue) -> ir.IntegerValue:
    """An amount in minor units of a currency, null when it is not known or larger than any purchase."""
    usual = ibis.ifelse(amount.abs() < 1_000_000_000_000, amount, ibis.null("decimal(18, 6)"))
    return amounts.minor(usual, code)


def currency(code: ir.StringValue, intake: Intake) -> ir.StringValue:
    """A currency that exists: as received, else the file's."""
    upper = code.upper()
    return ibis.ifelse(amounts.is_code(upper), upper, ibis.literal(intake.currency))
