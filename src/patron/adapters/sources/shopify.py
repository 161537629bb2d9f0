"""Shopify's exports: orders, customers, products and discounts, recognised by their headers whatever their age."""

from __future__ import annotations

from patron.adapters.sources import shopify_customers, shopify_orders, shopify_products
from patron.ports.source import FileSource

SOURCE = FileSource(
    "shopify",
    "Exports of a Shopify shop: orders, customers, products and discounts.",
    (shopify_orders.LAYOUT, shopify_customers.LAYOUT, shopify_products.LAYOUT, shopify_products.DISCOUNTS),
    scope="shopify",
)
