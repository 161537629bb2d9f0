"""Shopify: its exports of orders, customers, products and discounts, whatever their age, and what its webhooks deliver."""

from __future__ import annotations

from patron.adapters.sources import shopify_customers, shopify_orders, shopify_products, shopify_webhooks
from patron.ports.source import FileSource

SOURCE = FileSource(
    "shopify",
    "A Shopify shop: exports of orders, customers, products and discounts, and the deliveries of its webhooks.",
    (shopify_orders.LAYOUT, shopify_customers.LAYOUT, shopify_products.LAYOUT, shopify_products.DISCOUNTS, shopify_webhooks.LAYOUT),
    scope="shopify",
)
