"""The words of e-commerce events: Segment's specification, version 2, with the names that version 1 had for the same."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """One thing that can happen in a shop.

    Attributes:
        name: what clients call it.
        meaning: when it is told, and what it carries, in a phrase.
        old_names: names that mean the same.
    """

    name: str
    meaning: str
    old_names: tuple[str, ...] = ()


WORDS: tuple[Word, ...] = (
    Word("Products Searched", "somebody searched for products: `query`", ("Searched Products",)),
    Word("Product List Viewed", "a list or category was looked at: `list_id`, `category`, `products`", ("Viewed Product Category",)),
    Word("Product List Filtered", "a list was narrowed or sorted: `filters`, `sorts`, `products`"),
    Word("Promotion Viewed", "a promotion was shown: `promotion_id`, `creative`, `name`, `position`", ("Viewed Promotion",)),
    Word("Promotion Clicked", "a promotion was clicked: as above", ("Clicked Promotion",)),
    Word("Product Clicked", "a product was clicked in a list: the product's fields", ("Clicked Product",)),
    Word("Product Viewed", "a product's page was looked at: the product's fields, `currency`, `value`", ("Viewed Product",)),
    Word("Product Added", "a product was put into the cart: `cart_id`, the product's fields", ("Added Product",)),
    Word("Product Removed", "a product was taken out of the cart: as above", ("Removed Product",)),
    Word("Cart Viewed", "the cart was looked at: `cart_id`, `products`"),
    Word("Checkout Started", "paying began: `order_id`, `value`, `currency`, `products`", ("Started Order",)),
    Word("Checkout Step Viewed", "a step of it was looked at: `checkout_id`, `step`", ("Viewed Checkout Step",)),
    Word("Checkout Step Completed", "a step of it was done: as above", ("Completed Checkout Step",)),
    Word("Payment Info Entered", "a way to pay was given: `checkout_id`, `payment_method`"),
    Word("Order Completed", "an order was placed: `order_id`, `total`, `revenue`, `currency`, `products`", ("Completed Order",)),
    Word("Order Updated", "an order was changed: as above", ("Updated Order",)),
    Word("Order Refunded", "an order was given back: `order_id`, `total`, `currency`, `products`", ("Refunded Order",)),
    Word("Order Cancelled", "an order was called off: as for one that is updated", ("Cancelled Order", "Order Canceled")),
    Word("Coupon Entered", "a code was typed: `coupon_id`"),
    Word("Coupon Applied", "a code was taken: `coupon_id`, `coupon_name`, `discount`"),
    Word("Coupon Denied", "a code was refused: `coupon_id`, `coupon_name`, `reason`"),
    Word("Coupon Removed", "a code was taken back: `coupon_id`, `coupon_name`, `discount`"),
    Word("Product Added to Wishlist", "a product was put on a wish list: `wishlist_id`, the product's fields"),
    Word("Product Removed from Wishlist", "a product was taken off a wish list: as above"),
    Word("Wishlist Product Added to Cart", "a product went from a wish list into the cart: as above, `cart_id`"),
    Word("Product Shared", "a product was recommended: `share_via`, `recipient`, the product's fields"),
    Word("Cart Shared", "a cart was recommended: `share_via`, `recipient`, `cart_id`, `products`"),
    Word("Product Reviewed", "a product was reviewed: `product_id`, `review_id`, `review_body`, `rating`"),
)
"""The 28 events, in the order in which a customer meets them."""


def kind_of(name: str) -> str:
    """What a word is called in `facts.EVENTS`.

    >>> kind_of("Product Added to Wishlist")
    'product_added_to_wishlist'
    """
    return name.lower().replace(" ", "_")


def letters(name: str) -> str:
    """A name without case, blanks and signs, by which it is recognised however it is written.

    >>> letters("Product_ADDED")
    'productadded'
    """
    return "".join(c for c in name.lower() if c.isalnum())
