"""The ledger: how facts became known. What sources said, who is who and why, which files were read, what could not be used.

Facts and customers are worked out from it; features never read it.
"""

from __future__ import annotations

from patron.facts import columns as c
from patron.kernel.tables import Column, Table

PROFILES = Table(
    "profiles",
    "one row per person of a source: what it says about them, as received",
    ("profile_id",),
    (
        Column("profile_id", "id", "hash of source and identifier", required=True),
        Column("identifier_id", "id", "the person's strongest identifier in the record", required=True),
        Column("updated_at", "instant", "the version: a later one wins; null when the source does not say"),
        *c.PERSON,
        *c.LOAD,
    ),
)

IDENTIFIERS = Table(
    "identifiers",
    "one row per way to point at a person",
    ("identifier_id",),
    (
        Column("identifier_id", "id", "hash of kind, scope and value", required=True),
        Column("kind", "text", "customer_number, email, phone, anonymous_id …", required=True),
        Column("scope", "text", "within which source the value is unique; empty for e-mail and phone", required=True),
        Column("value", "text", "the value; for e-mail and phone its SHA-256", required=True),
        Column("strength", "count", "3 strong (names one person), 2 medium, 1 weak (may be shared)", required=True),
        Column("first_seen_at", "instant", "the earliest instant a fact carries it"),
        *c.LOAD,
    ),
)

LINKS = Table(
    "links",
    "one row per pair of identifiers seen on the same record",
    ("link_id",),
    (
        Column("link_id", "id", "hash of the two identifiers", required=True),
        Column("left_id", "id", "the smaller identifier", required=True),
        Column("right_id", "id", "the larger identifier", required=True),
        Column("observed_at", "instant", "when they were first seen together"),
        *c.LOAD,
    ),
)

IDENTITIES = Table(
    "identities",
    "one row per identifier: whom it points at now (derived from links and merges)",
    ("identifier_id",),
    (
        Column("identifier_id", "id", "the identifier", required=True),
        Column("customer_id", "id", "the customer it resolves to", required=True),
    ),
)

MERGES = Table(
    "merges",
    "one row per two customers found to be one, or kept apart by hand",
    ("merge_id",),
    (
        Column("merge_id", "id", "hash of the link that joins them", required=True),
        Column("from_id", "id", "the customer that forwards", required=True),
        Column("into_id", "id", "the customer that stays", required=True),
        Column("link_id", "id", "the link that joined them", required=True),
        Column("reason", "text", "in words: which identifiers met", required=True),
        Column("merged_at", "instant", "when the link was observed"),
        Column("undone_at", "instant", "when the merge was undone; null while it holds"),
        c.SOURCE,
    ),
)

FORGOTTEN = Table(
    "forgotten",
    "one row per identifier and request to forget the person: nothing that happened until then is kept of them",
    ("identifier_id", "asked_at"),
    (
        Column("identifier_id", "id", "the identifier: a hash, so that what is loaded again is known to be forgotten", required=True),
        Column("asked_at", "instant", "when it was asked for; what happens later is kept", required=True),
        *c.LOAD,
    ),
)

RESOLVED = Table(
    "resolved",
    "one row: what identities and customers were last worked out from",
    ("digest",),
    (Column("digest", "text", "of identifiers, links, profiles and undone merges", required=True),),
)

LISTINGS = Table(
    "listings",
    "one row per product as a catalogue described it, and per name under which order lines carry it; products are made of these",
    ("listing_id",),
    (
        Column("listing_id", "id", "hash of product and source, and of the name where no catalogue gave it", required=True),
        Column("is_listed", "flag", "whether a catalogue said so; false when only order lines did", required=True),
        Column("first_sold_at", "instant", "the earliest order line, where order lines said so"),
        c.UPDATED,
        *c.PRODUCT,
        *c.LOAD,
    ),
)

CREDITS = Table(
    "credits",
    "one row per line of a credit note as it was received; refunds are these, matched to what they give back",
    ("credit_id",),
    (
        Column("credit_id", "id", "hash of document, content and repetition", required=True),
        Column("document_number", "text", "number of the credit note", required=True),
        Column("scope", "text", "within what the number is unique", required=True),
        Column("buyer_id", "id", "the buyer's strongest identifier as received"),
        Column("product_id", "id", "the product"),
        Column("kind", "text", "product, shipping, fee, discount, voucher or adjustment", required=True),
        Column("refunded_at", "instant", "when it was given back", required=True),
        Column("quantity", "quantity", "units, positive", required=True),
        Column("unit_price", "price", "price of a unit as received"),
        c.CURRENCY,
        Column("net_revenue", "money", "given back of products, positive", required=True),
        Column("total", "money", "given back in all, positive", required=True),
        *c.LOAD,
    ),
)

DOCUMENTS = Table(
    "documents",
    "one row per order that came as a whole: which version of it the facts hold",
    ("order_id",),
    (
        Column("order_id", "id", "the order", required=True),
        Column("updated_at", "instant", "the latest instant in the document"),
        Column("amount", "money", "what decides between versions of one instant: the amount refunded"),
        Column("digest", "id", "hash of the content, which decides the rest", required=True),
    ),
)

LOADS = Table(
    "loads",
    "one row per file that was loaded, and per tick of a server that refused something",
    ("load_id",),
    (
        Column("load_id", "id", "hash of source and content digest", required=True),
        c.SOURCE,
        Column("file", "text", "the file's name, without its folder", required=True),
        Column("digest", "text", "SHA-256 of the content", required=True),
        Column("loaded_at", "instant", "when", required=True),
        Column("read_count", "count", "records read", required=True),
        Column("kept_count", "count", "records that became or changed facts", required=True),
        Column("unchanged_count", "count", "records that were known already", required=True),
        Column("refused_count", "count", "records that could not be used", required=True),
    ),
)

REFUSED = Table(
    "refused",
    "one row per problem of a record that could not be used",
    (),
    (
        Column("load_id", "id", "the load", required=True),
        Column("file", "text", "the file's name", required=True),
        Column("line", "count", "the line in the file on which the record begins, from 1; the row for Parquet", required=True),
        Column("column", "text", "the column"),
        Column("value", "text", "what was found"),
        Column("expected", "text", "what was expected", required=True),
        Column("hint", "text", "a suggestion"),
        Column("record", "text", "the record as it was received"),
    ),
)
