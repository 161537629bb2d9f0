"""Columns that several tables of facts share."""

from __future__ import annotations

from patron.kernel.tables import Column

CUSTOMER = Column("customer_id", "id", "the resolved customer; null for guests and unknown visitors")
SOURCE = Column("source", "text", "where the row came from", required=True)
RECEIVED = Column("received_at", "instant", "when Patron learned it", required=True)
CURRENCY = Column("currency", "text", "ISO 4217 code of the amounts in this row", required=True)
UPDATED = Column("updated_at", "instant", "the version: a later one replaces an earlier one")
LOAD = (SOURCE, RECEIVED)
PERSON = (
    Column("customer_number", "text", "what the shop calls the customer"),
    Column("created_at", "instant", "when the account or profile was made"),
    Column("email", "text", "normalised e-mail address"),
    Column("phone", "text", "phone number in E.164 where it could be read"),
    Column("first_name", "text", "given name"),
    Column("last_name", "text", "family name"),
    Column("gender", "text", "female, male or other"),
    Column("birth_on", "date", "date of birth"),
    Column("country", "text", "ISO 3166 alpha-2 where it could be read, else as received"),
    Column("region", "text", "state or province"),
    Column("city", "text", "city"),
    Column("postal_code", "text", "postal code"),
    Column("language", "text", "language tag"),
    Column("tags", "text", "tags, comma separated"),
    Column("traits", "text", "everything else that was received, as a JSON object"),
)
PRODUCT = (
    Column("product_id", "id", "hash of the product code", required=True),
    Column("product_code", "text", "SKU or code in the shop", required=True),
    Column("name", "text", "name"),
    Column("category", "text", "the top category"),
    Column("category_path", "text", "all levels, joined by ' > '"),
    Column("brand", "text", "brand or vendor"),
    Column("price", "price", "list price of a unit"),
    Column("cost", "price", "cost of goods of a unit"),
    Column("currency", "text", "ISO 4217 code of price and cost"),
    Column("launched_at", "instant", "when it was first offered, if known; else first sold"),
    Column("is_active", "flag", "whether it is on sale"),
)

ARRIVAL = (
    Column("campaign_source", "text", "utm_source"),
    Column("campaign_medium", "text", "utm_medium"),
    Column("campaign_name", "text", "utm_campaign"),
    Column("campaign_term", "text", "utm_term: the words that were searched for"),
    Column("campaign_content", "text", "utm_content: which of several pictures or links"),
    Column("referrer_host", "text", "the other site that they came from"),
    Column("referrer", "text", "the page before"),
    Column("landing_page", "text", "path of the first page"),
    Column("device", "text", "desktop, mobile, tablet"),
)
"""What brought somebody, and where to."""
