"""What events are called here: the words of `vocabulary` in snake case, and what other names mean the same.

A name that is not listed is kept as it is, in snake case; nothing is dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from patron.collect.vocabulary import WORDS, kind_of, letters

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

OLD_NAMES: Mapping[str, str] = {kind_of(old): kind_of(word.name) for word in WORDS for old in word.old_names}
"""Other names of the specification's events, in snake case, and what they mean."""
_BY_LETTERS = {letters(name): kind_of(word.name) for word in WORDS for name in (word.name, *word.old_names)}
_KINDS = frozenset(_BY_LETTERS.values())

SHORT_NAMES: Mapping[str, str] = {
    **dict.fromkeys(("view", "product_view", "view_product", "view_item", "viewed", "detail", "pdp"), "product_viewed"),
    **dict.fromkeys(("add_to_cart", "addtocart", "add_cart", "cart_add", "basket_add", "add_to_basket"), "product_added"),
    **dict.fromkeys(("remove_from_cart", "removefromcart", "cart_remove", "remove_from_basket"), "product_removed"),
    **dict.fromkeys(("purchase", "purchased", "transaction", "order", "buy", "order_placed"), "order_completed"),
    **dict.fromkeys(("search", "view_search_results", "site_search"), "products_searched"),
    **dict.fromkeys(("catalog", "category_view", "view_item_list", "list_view", "plp"), "product_list_viewed"),
    **dict.fromkeys(("filter", "filter_results"), "product_list_filtered"),
    **dict.fromkeys(("wishlist_add", "add_to_wishlist", "favourite", "favorite"), "product_added_to_wishlist"),
    **dict.fromkeys(("wishlist_remove", "remove_from_wishlist"), "product_removed_from_wishlist"),
    **dict.fromkeys(("checkout", "begin_checkout", "shipping_details"), "checkout_started"),
    **dict.fromkeys(("payment_details", "add_payment_info"), "payment_info_entered"),
    **dict.fromkeys(("promo_page", "view_promotion"), "promotion_viewed"),
    **dict.fromkeys(("support_chat", "chat"), "chat_started"),
    **dict.fromkeys(("home", "page", "page_view", "pageview"), "page_viewed"),
    "view_cart": "cart_viewed",
    "click": "product_clicked",
}
"""What logs of shops call the same things."""

CART = "cart"
"""In most logs a product put into the cart; in one that tells that apart, a look at the cart."""


def snake_case(name: ir.StringValue) -> ir.StringValue:
    """A name in snake case: `Product Added` and `productAdded` are `product_added`."""
    parted = name.strip().re_replace(r"([a-z0-9])([A-Z])", r"\1_\2").lower()
    words = parted.re_replace(r"[^\p{L}\p{N}]+", "_").re_replace(r"^_+|_+$", "")
    return ibis.coalesce(words.nullif(""), name)  # a name of signs alone stays what it is


def spelled(records: ir.Table, name: str) -> ir.Table:
    """Records with `_snake` and `_letters`, the two spellings of an event's name by which it is recognised, worked out once.

    Args:
        records: any.
        name: the column of names as received.
    """
    return records.mutate(_snake=snake_case(records[name]), _letters=records[name].lower().re_replace(r"[^\p{L}\p{N}]+", ""))


def kind(records: ir.Table, *, others: Mapping[str, str] | None = None) -> ir.StringValue:
    """What an event is called here: by its exact name, else by its letters, whatever their case and what stands between them.

    Args:
        records: from `spelled`.
        others: further names in snake case and what they mean; these win.
    """
    snake, bare = records._snake, records._letters
    meanings = {**OLD_NAMES, **(others or {})}
    by_meaning: dict[str, list[str]] = {}
    for word, meaning in meanings.items():
        by_meaning.setdefault(meaning, []).append(word)
    exact = [(snake.isin(words), ibis.literal(meaning)) for meaning, words in by_meaning.items()]
    own = {word for word in _KINDS if word not in meanings}
    by_letters: dict[str, list[str]] = {}
    for word, meaning in _BY_LETTERS.items():
        by_letters.setdefault(meaning, []).append(word)
    loose = [(bare.isin(words), ibis.literal(meaning)) for meaning, words in by_letters.items()]
    return ibis.cases(*exact, (snake.isin(sorted(own)), snake), *loose, else_=snake)
