"""The rival: forty features as somebody at home in pandas would write them, from the same Parquet files, with the same answers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

_COLUMNS = {
    "customers": ["customer_id", "first_seen_at"],
    "orders": [
        "order_id", "customer_id", "kind", "cancelled_at", "ordered_at", "net_revenue", "coupon_discount", "coupon_code", "units",
    ],
    "order_lines": ["order_id", "customer_id", "kind", "product_id"],
    "refunds": ["customer_id", "refunded_at", "net_revenue"],
    "products": ["product_id", "category"],
    "events": ["customer_id", "kind", "occurred_at", "session_id", "channel", "product_id", "category"],
    "messages": ["customer_id", "channel", "purpose", "sent_at", "opened_at", "clicked_at", "unsubscribed_at"],
    "reviews": ["customer_id", "rating", "reviewed_at"],
    "tickets": ["customer_id", "opened_at"],
}  # fmt: skip
_HAPPENED = {"orders": "ordered_at", "refunds": "refunded_at", "events": "occurred_at", "messages": "sent_at", "reviews": "reviewed_at"}
_CARTS = ("product_added", "wishlist_product_added_to_cart")
_KINDS = {
    "view_count_7d": (("product_viewed",), 7), "view_count_30d": (("product_viewed",), 30),
    "search_count_30d": (("products_searched",), 30),
    "cart_count_30d": (_CARTS, 30), "checkout_count_30d": (("checkout_started",), 30),
    "chat_count_90d": (("chat_started", "chat_message_sent", "live_chat_conversation_started", "live_chat_message_sent"), 90),
    "wishlist_count_90d": (("product_added_to_wishlist",), 90),
}  # fmt: skip
Columns = dict[str, Any]


def features(folder: Path, as_of: datetime, zone: str) -> pa.Table:
    """One row per customer: customer_id and the features of `beside_pandas.NAMES`."""
    now = pd.Timestamp(as_of).tz_localize(None)
    tables = {name: _read(folder, name) for name in _COLUMNS}
    for name, column in _HAPPENED.items():
        tables[name] = tables[name][tables[name][column] < now]
    orders = tables["orders"]
    orders.loc[orders["cancelled_at"] >= now, "cancelled_at"] = pd.NaT
    found: Columns = {
        **_orders(orders, tables["refunds"], now, zone),
        **_products(orders, tables["order_lines"], tables["products"]),
        **_events(tables["events"], tables["products"], now),
        **_messages(tables["messages"], now),
        **_service(tables["reviews"], tables["tickets"], now),
    }
    customers = tables["customers"]
    index = pd.Index(customers.loc[customers["first_seen_at"] < now, "customer_id"], name="customer_id")
    frame = pd.DataFrame({name: column.reindex(index) for name, column in found.items()})
    frame["mean_order_value"] = frame["net_revenue"].fillna(0) / frame["order_count"].replace(0, np.nan)
    zero = ("net_revenue", "active_days", "unit", "email_sent", "most_viewed")
    counted = [c for c in frame if "_count" in c or c.startswith(zero)]
    frame[counted] = frame[counted].fillna(0)
    return pa.Table.from_pandas(frame.reset_index(), preserve_index=False)


def _read(folder: Path, name: str) -> pd.DataFrame:
    rows = pq.read_table(folder / f"{name}.parquet", columns=_COLUMNS[name])
    decimals = [i for i, f in enumerate(rows.schema) if pa.types.is_decimal(f.type)]
    for i in decimals:
        rows = rows.set_column(i, rows.schema.field(i).name, rows.column(i).cast(pa.float64()))
    return rows.to_pandas(strings_to_categorical=True, self_destruct=True, split_blocks=True)


def _orders(orders: pd.DataFrame, refunds: pd.DataFrame, now: pd.Timestamp, zone: str) -> Columns:
    known = orders[orders["customer_id"].notna() & (orders["kind"] == "sale")]
    sales = known[known["cancelled_at"].isna()]
    by, spent = sales.groupby("customer_id"), known.groupby("customer_id")["net_revenue"].sum()
    found: Columns = {
        "order_count": by.size(),
        "first_order_at": by["ordered_at"].min(),
        "last_order_at": by["ordered_at"].max(),
        "largest_order_value": by["net_revenue"].max(),
        "unit_count": by["units"].sum(),
        "coupon_order_count": _size(sales[sales["coupon_code"].notna() | (sales["coupon_discount"] > 0)]),
        "net_revenue": spent.sub(refunds.groupby("customer_id")["net_revenue"].sum(), fill_value=0),
    }
    found["days_since_last_order"] = (now - found["last_order_at"].dt.floor("s")).dt.total_seconds() / 86_400
    for days in (30, 90, 365):
        since = now - timedelta(days=days)
        recent, back = known[known["ordered_at"] >= since], refunds[refunds["refunded_at"] >= since]
        found[f"order_count_{days}d"] = _size(recent[recent["cancelled_at"].isna()])
        spent, returned = recent.groupby("customer_id")["net_revenue"].sum(), back.groupby("customer_id")["net_revenue"].sum()
        found[f"net_revenue_{days}d"] = spent.sub(returned, fill_value=0)
    days_of = sales[["customer_id", "ordered_at"]].copy()
    days_of["day"] = days_of["ordered_at"].dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None).dt.floor("D")
    lately = days_of[days_of["ordered_at"] >= now - timedelta(days=365)].drop_duplicates(["customer_id", "day"])
    found["active_days_365d"] = _size(lately)
    days_of = days_of.drop_duplicates(["customer_id", "day"]).sort_values(["customer_id", "day"])
    days_of["gap"] = days_of.groupby("customer_id")["day"].diff().dt.days
    found["typical_gap_days"] = days_of.groupby("customer_id")["gap"].median()
    return found


def _products(orders: pd.DataFrame, lines: pd.DataFrame, products: pd.DataFrame) -> Columns:
    counted = orders.loc[(orders["kind"] == "sale") & orders["cancelled_at"].isna(), "order_id"]
    bought = lines[(lines["kind"] == "product") & lines["customer_id"].notna() & lines["product_id"].notna()]
    bought = bought[bought["order_id"].isin(counted)][["customer_id", "product_id"]]
    pairs = bought.drop_duplicates()
    pairs = pairs.assign(category=pairs["product_id"].map(products.set_index("product_id")["category"]))
    categories = pairs[pairs["category"].notna()].drop_duplicates(["customer_id", "category"])
    return {"product_line_count": _size(bought), "distinct_product_count": _size(pairs), "distinct_category_count": _size(categories)}


def _events(events: pd.DataFrame, products: pd.DataFrame, now: pd.Timestamp) -> Columns:
    known = events[events["customer_id"].notna()]
    on_site = known["channel"].isna() | known["channel"].isin(["web", "app"])
    found: Columns = {"last_visit_at": known[on_site].groupby("customer_id")["occurred_at"].max()}
    recent = known[known["occurred_at"] >= now - timedelta(days=90)]
    for name, (kinds, days) in _KINDS.items():
        found[name] = _size(recent[recent["kind"].isin(kinds) & (recent["occurred_at"] >= now - timedelta(days=days))])
    found["social_count_90d"] = _size(recent[recent["channel"] == "social"])
    site = recent[recent["channel"].isna() | recent["channel"].isin(["web", "app"])]
    last = site.groupby(["customer_id", "session_id"])["occurred_at"].max().reset_index()
    for days in (7, 30, 90):
        found[f"visit_count_{days}d"] = _size(last[last["occurred_at"] >= now - timedelta(days=days)])
    views = recent[(recent["kind"] == "product_viewed") & (recent["occurred_at"] >= now - timedelta(days=30))]
    seen = views[views["product_id"].notna()].groupby(["customer_id", "product_id"]).size()
    found["most_viewed_product_views_30d"] = seen.groupby("customer_id").max()
    of_product = views["product_id"].map(products.set_index("product_id")["category"].astype(object))
    category = views["category"].astype(object).fillna(of_product)
    counts = views.assign(category=category)[category.notna()].groupby(["customer_id", "category"]).size().reset_index(name="n")
    counts = counts.sort_values(["customer_id", "n", "category"], ascending=[True, False, True])
    found["favourite_viewed_category_30d"] = counts.groupby("customer_id")["category"].first()
    return found


def _messages(messages: pd.DataFrame, now: pd.Timestamp) -> Columns:
    known = messages[messages["customer_id"].notna()].copy()
    for column in ("opened_at", "clicked_at", "unsubscribed_at"):
        known.loc[known[column] >= now, column] = pd.NaT
    emails = known[known["channel"] == "email"]
    recent = known[known["sent_at"] >= now - timedelta(days=90)]
    sent = recent[(recent["channel"] == "email") & (recent["purpose"] != "transactional")]
    return {
        "message_count_90d": _size(recent),
        "email_sent_90d": _size(sent),
        "email_open_count_90d": _size(sent[sent["opened_at"].notna()]),
        "email_click_count_90d": _size(sent[sent["clicked_at"].notna()]),
        "last_email_open_at": emails.groupby("customer_id")["opened_at"].max(),
        "unsubscribed_count": known.groupby("customer_id")["unsubscribed_at"].count(),
    }


def _service(reviews: pd.DataFrame, tickets: pd.DataFrame, now: pd.Timestamp) -> Columns:
    asked = tickets[tickets["opened_at"] < now]
    return {
        "review_count": _size(reviews),
        "review_mean_rating": reviews.groupby("customer_id")["rating"].mean(),
        "ticket_count": _size(asked),
        "ticket_count_90d": _size(asked[asked["opened_at"] >= now - timedelta(days=90)]),
    }


def _size(rows: pd.DataFrame) -> pd.Series:
    return rows.groupby("customer_id").size()
