"""Reviews of products, one row each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.collect import ids, people
from patron.ports.source import Check, Field, FileSource, Layout, Note

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from patron.ports.source import Intake

_FIELDS = (
    Field("number", "reference", ("review id", "review number", "id")),
    Field("rating", "number", ("stars", "score", "review rating", "rating value"), needed=True, filled=True),
    Field("product_code", "reference", ("sku", "product sku", "product id", "clothing id", "item id", "asin", "product handle", "product")),
    Field("customer_number", "reference", ("customer id", "customer no", "user id", "reviewer id", "author id")),
    Field("email", "email", ("reviewer email", "e-mail", "email address", "author email")),
    Field("title", "text", ("review title", "headline", "summary", "subject")),
    Field("body", "text", ("review text", "review", "text", "comment", "content", "message", "review body")),
    Field("is_recommended", "flag", ("recommended ind", "recommended", "recommends", "would recommend")),
    Field("helpful_count", "count", ("positive feedback count", "helpful", "helpful votes", "upvotes")),
    Field("reviewed_at", "instant", ("review date", "date", "created at", "submitted at", "published at", "timestamp")),
    Field("updated_at", "instant", ("modified at",)),
)


def _key(records: ir.Table, intake: Intake) -> ir.IntegerValue:
    """By its number, else by its content and how often that was said before in the file."""
    said = [
        ibis.coalesce(records[c].cast("string"), ibis.literal(""))
        for c in ("product_code", "customer_number", "email", "rating", "title", "body", "reviewed_at")
    ]
    text = ids.named("review", "", intake.scope, *said)
    times = ibis.row_number().over(ibis.window(group_by=text)).cast("string")
    by_content = ids.named("review", "", text.cast("string"), times)
    by_number = ids.named("review", intake.source, intake.scope, records.number)
    return ibis.coalesce(by_number, by_content) if "number" in intake.has else by_content


def _facts(records: ir.Table, intake: Intake) -> Mapping[str, ir.Table]:
    person = people.identified(records, intake, customer_number=records.customer_number, email=records.email)
    rows = records.select(
        "rating",
        "title",
        "body",
        "is_recommended",
        "helpful_count",
        "reviewed_at",
        review_id=records.key,
        person_id=person.id,
        product_id=ids.product_id(records.product_code),
        updated_at=ibis.coalesce(records.updated_at, records.reviewed_at),
    )
    return {"reviews": rows, **people.observed(person, intake, seen_at=records.reviewed_at)}


LAYOUT = Layout(
    name="reviews, one row each",
    fields=_FIELDS,
    primary="reviews",
    key=_key,
    facts=_facts,
    checks=(Check("rating", lambda r: ~r.rating.between(1, 5), "a rating from 1 to 5"),),
    notes=(
        Note("{count:,} reviews have no date: they count nowhere that asks when.", "reviews", lambda r: r.reviewed_at.isnull()),
        Note("{count:,} reviews name no customer.", "reviews", lambda r: r.person_id.isnull()),
    ),
)
SOURCE = FileSource("reviews", "Reviews of products, one row each.", (LAYOUT,))
