"""From order lines to orders, lines, credit notes, buyers and products, by way of small tables of what repeats.

A line says its order, buyer and product again and again. So those are read once: `names` (codes and names of products), `numbers`
(orders and credit notes) and `buyers` have one row per different text in the file; lines only look things up.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import translate
from typing import TYPE_CHECKING

import ibis

from patron.collect import amounts, ids
from patron.collect.parsing import clean, reference
from patron.kernel.errors import InputError
from patron.kernel.problems import Problem, did_you_mean
from patron.kernel.time import to_utc_timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import ibis.expr.types as ir

    from patron.ports.source import Intake

KINDS = ("shipping", "fee", "discount", "voucher", "adjustment")
CODES: Mapping[str, tuple[str, ...]] = {
    "shipping": ("POST", "DOT", "C2", "POSTAGE", "SHIPPING", "CARRIAGE", "DELIVERY", "FREIGHT"),
    "fee": ("M", "m", "MANUAL", "BANK CHARGES", "AMAZONFEE", "CRUK", "S", "SAMPLES", "PADS", "DCGS*", "FEE", "TIP"),
    "discount": ("D", "DISCOUNT", "COUPON"),
    "voucher": ("gift_*", "GIFTCARD*", "GIFT CARD*", "VOUCHER*"),
    "adjustment": ("B", "ADJUST", "ADJUST[0-9]*"),
}
"""Codes of lines that are no products; `*` stands for anything."""
CREDIT_NUMBERS = ("C[0-9]*",)
"""Numbers of credit notes; whatever its number, a negative quantity with an amount is given back too."""
PLACES = ("country", "region", "city", "postal_code")
_LARGE = 2_147_483_647


@dataclass(frozen=True, slots=True)
class Rules:
    """What the owner states about lines, or else what is usual.

    Attributes:
        codes: per kind, patterns of codes that are no products.
        credits: patterns of numbers of credit notes.
        is_unit: whether a column `amount` is of a unit, not of the line.
        is_before_discount: whether amounts are before the column `discount`, which is then taken off.
        has_tax: whether amounts contain the column `tax`.
    """

    codes: Mapping[str, tuple[str, ...]]
    credits: tuple[str, ...]
    is_unit: bool
    is_before_discount: bool | None
    has_tax: bool


def rules(settings: Mapping[str, object]) -> Rules:
    """The rules that a mapping states in `[codes]`, `[documents]` and `[amounts]`.

    Raises:
        InputError: a key or value means nothing.
    """
    problems: list[Problem] = []
    codes = {k: _patterns(settings, "codes", k, CODES[k], problems) for k in KINDS}
    credit = _patterns(settings, "documents", "credit", CREDIT_NUMBERS, problems)
    _unknown(settings, "codes", KINDS, problems)
    _unknown(settings, "documents", ("credit",), problems)
    choices = {"amount": ("line", "unit"), "discount": ("taken_off", "included"), "tax": ("on_top", "included")}
    _unknown(settings, "amounts", tuple(choices), problems)
    said = {k: _choice(settings, k, of, problems) for k, of in choices.items()}
    if problems:
        raise InputError("The mapping cannot be used.", problems)
    before = None if said["discount"] is None else said["discount"] == "taken_off"
    return Rules(codes, credit, said["amount"] == "unit", before, said["tax"] == "included")


def line_kind(code: ir.StringValue, codes: Mapping[str, Sequence[str]]) -> ir.StringValue:
    """What a line with this code is: product, shipping, fee, discount, voucher or adjustment."""
    return ibis.cases(*((_matches(code, patterns), kind) for kind, patterns in codes.items() if patterns), else_="product")


@dataclass(frozen=True, slots=True)
class Money:
    """Amounts of a line in minor units, and the price of a unit."""

    net: ir.IntegerValue
    discount: ir.IntegerValue | None
    coupon: ir.IntegerValue | None
    tax: ir.IntegerValue | None
    cost: ir.IntegerValue | None
    price: ir.DecimalValue
    list_price: ir.DecimalValue | None


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a file: expressions over its staged records.

    Attributes:
        records: usable records.
        intake: the file's.
        rules: the owner's, or usual.
        zone: of the instants in `records`; UTC when they were converted already.
    """

    records: ir.Table
    intake: Intake
    rules: Rules
    zone: str

    @property
    def code(self) -> ir.StringValue:
        """What a product is called on each line: its code, else its name; as it stands."""
        has = self.intake.has
        if "product_code" not in has:
            return self.records.product_name
        return ibis.coalesce(self.records.product_code, self.records.product_name) if "product_name" in has else self.records.product_code

    @property
    def quantity(self) -> ir.DecimalValue:
        """Units of each line, 1 where the file does not say."""
        return self.records.quantity if "quantity" in self.intake.has else ibis.literal(1).cast("decimal(18, 3)")

    def instant(self, wall: ir.TimestampValue) -> ir.TimestampValue:
        """An instant of the records in UTC."""
        return wall if self.zone == "UTC" else to_utc_timestamp(wall, self.zone)

    def currency(self, rows: ir.Table) -> str | ir.StringValue:
        """The currency of each row of a table with the column `currency` as it stands, or the one of all."""
        if "currency" not in self.intake.has:
            return self.intake.currency
        return ibis.coalesce(clean(rows.currency).upper(), ibis.literal(self.intake.currency))

    def names(self) -> ir.Table:
        """One row per code and name of a product: when it was sold, and its id.

        Returns:
            code, name, category, brand (as they stand); first_at, last_at.
        """
        rows = self.records.mutate(_code=self.code)
        present = [c for c in ("product_name", "category", "brand") if c in self.intake.has]
        grouped = rows.group_by("_code", *present).agg(first_at=rows.ordered_at.min(), last_at=rows.ordered_at.max())
        return grouped.select(
            code=grouped._code,
            name=clean(grouped.product_name) if "product_name" in present else ibis.null("string"),
            category=clean(grouped.category) if "category" in present else ibis.null("string"),
            brand=clean(grouped.brand) if "brand" in present else ibis.null("string"),
            first_at=self.instant(grouped.first_at),
            last_at=self.instant(grouped.last_at),
        )

    def codes(self, names: ir.Table) -> ir.Table:
        """One row per code as it stands: code, product_code, kind, product_id (null for what is no product)."""
        every = names.select("code").distinct()
        bare = every.mutate(product_code=reference(every.code))
        kinds = bare.mutate(kind=ibis.ifelse(bare.product_code.isnull(), "product", line_kind(bare.product_code, self.rules.codes)))
        is_product = kinds.kind == "product"
        return kinds.mutate(product_id=ibis.ifelse(is_product, ids.product_id(kinds.product_code), ibis.null("int64")))

    def numbers(self) -> ir.Table:
        """One row per order number as it stands: number, ordered_at and the texts that are the order's."""
        rows = self.records
        texts = [c for c in ("customer_number", "email", "phone", "currency", "coupon_code", "channel", *PLACES) if c in self.intake.has]
        grouped = rows.group_by("order_number").agg(ordered_at=rows.ordered_at.min(), **{c: rows[c].max() for c in texts})
        others = {
            c: ibis.null("string") for c in ("customer_number", "email", "phone", "coupon_code", "channel", *PLACES) if c not in texts
        }
        bare = grouped.mutate(**others).mutate(
            raw=grouped.order_number, order_number=reference(grouped.order_number), ordered_at=self.instant(grouped.ordered_at)
        )
        code = self.currency(bare) if "currency" in texts else ibis.literal(self.intake.currency)
        return bare.select(
            "raw", "order_number", "ordered_at", "coupon_code", "channel", *PLACES,
            customer_number=reference(bare.customer_number), email=clean(bare.email).lower(), phone=clean(bare.phone),
            currency=code, is_credit=_matches(bare.order_number, self.rules.credits),
            order_id=ids.order_id(self.intake.source, self.intake.scope, bare.order_number),
        )  # fmt: skip

    def joined(self, codes: ir.Table, numbers: ir.Table) -> ir.Table:
        """Each record with what its code and its order number stand for, and its money.

        Returns:
            line_id (of the first of equal lines), order_id, order_number, buyer_id, product_id, kind, ordered_at, quantity, unit_price,
            list_price, currency, net_revenue, discount, coupon_discount, tax, cost, gives_back.
        """
        rows = self.records.mutate(_code=self.code, _quantity=self.quantity)
        known = numbers.select(
            "raw", "order_id", "buyer_id", "is_credit", number=numbers.order_number, at=numbers.ordered_at, _currency=numbers.currency
        )
        of_codes = codes.select("product_id", "kind", _of=codes.code)
        met = rows.join(known, rows.order_number == known.raw)
        both = met.left_join(of_codes, met._code == of_codes._of)
        one = self.intake.currency if "currency" not in self.intake.has else both._currency
        money = self._money(both, one)
        gives_back = (both._quantity < 0) & ((money.net < 0) | both.is_credit)
        if "quantity" not in self.intake.has:
            gives_back = (money.net < 0) | (both.is_credit & (money.net <= 0))
        zero = ibis.literal(0, type="int64")
        return both.select(
            line_id=_mixed(both.order_id, both.product_id, both._quantity, money),
            order_id=both.order_id,
            order_number=both.number,
            buyer_id=both.buyer_id,
            product_id=both.product_id,
            kind=ibis.coalesce(both.kind, ibis.literal("product")),
            ordered_at=both.at,
            quantity=both._quantity,
            unit_price=money.price,
            list_price=ibis.null("decimal(18, 6)") if money.list_price is None else money.list_price,
            currency=both._currency,
            net_revenue=money.net,
            discount=zero if money.discount is None else money.discount,
            coupon_discount=zero if money.coupon is None else money.coupon,
            tax=zero if money.tax is None else money.tax,
            cost=ibis.null("int64") if money.cost is None else money.cost,
            gives_back=gives_back,
        )

    def _money(self, rows: ir.Table, code: str | ir.StringValue) -> Money:
        has = self.intake.has
        quantity = rows._quantity
        tax = amounts.minor_or_zero(rows.tax, code) if "tax" in has else None
        parts = [amounts.minor_or_zero(rows[c].abs(), code) for c in ("discount", "coupon_discount", "coupon_match_discount") if c in has]
        coupons = [amounts.minor_or_zero(rows[c].abs(), code) for c in ("coupon_discount", "coupon_match_discount") if c in has]
        total, coupon = _sum(parts), _sum(coupons)
        if "amount" in has and not self.rules.is_unit:
            net = amounts.minor(rows.amount, code)
            price = _per_unit(rows.amount, quantity)
        else:
            price = rows.unit_price if "unit_price" in has else rows.amount
            net = amounts.minor_of_product(price, quantity, code)
            if total is not None and self.rules.is_before_discount is not False:
                net = net - total
        if total is not None and self.rules.is_before_discount and "amount" in has:
            net = net - total
        if tax is not None and self.rules.has_tax:
            net = net - tax
        cost = amounts.minor_of_product(rows.cost, quantity, code) if "cost" in has else None
        return Money(net, total, coupon, tax, cost, price, rows.list_price if "list_price" in has else None)


def listings(names: ir.Table, codes: ir.Table, intake: Intake) -> ir.Table:
    """`facts.LISTINGS` of products as order lines name them, a row per name.

    Args:
        names: `Lines.names`.
        codes: `Lines.codes`.
        intake: the file's.
    """
    joined = names.join(codes, "code").filter(lambda t: t.product_id.notnull())
    grouped = joined.group_by("product_id", "product_code", "name").agg(
        first_sold_at=joined.first_at.min(), updated_at=joined.last_at.max(), category=joined.category.max(), brand=joined.brand.max()
    )
    text = grouped.product_id.cast("string")
    return grouped.mutate(
        listing_id=ids.named(f"listing/{intake.source}", text, ibis.coalesce(grouped.name, ibis.literal(""))),
        is_listed=ibis.literal(value=False),
    )


def _mixed(order: ir.IntegerValue, product: ir.IntegerValue, quantity: ir.DecimalValue, money: Money) -> ir.IntegerValue:
    """A number for the content of a line: ids are hashes already, so that numbers only need to be spread over the bits.

    Multipliers are odd and below 2^32, factors below 2^31, so no product overflows.
    """
    mixed = order ^ ibis.coalesce(product, ibis.literal(0, type="int64"))
    parts = [
        ((quantity * 1000).cast("int64"), 2_654_435_761),
        (money.net, 4_093_082_899),
        (money.discount, 3_266_489_917),
        (money.tax, 2_246_822_519),
    ]
    for value, factor in parts:
        if value is not None:
            mixed = mixed ^ (((value % _LARGE) + _LARGE) % _LARGE * factor)
    return mixed & ((1 << 63) - 1)


def _matches(text: ir.StringValue, patterns: Sequence[str]) -> ir.BooleanValue:
    plain = [p for p in patterns if not set(p) & set("*?[")]
    others = [translate(p).replace("(?s:", "(?:").replace(r"\Z", "$").replace(r"\z", "$") for p in patterns if set(p) & set("*?[")]
    found = text.isin(plain) if plain else ibis.literal(value=False)
    for pattern in others:
        found = found | text.re_search(f"^{pattern}")
    return found


def _sum(parts: Sequence[ir.IntegerValue]) -> ir.IntegerValue | None:
    total = None
    for part in parts:
        total = part if total is None else total + part
    return total


def _per_unit(amount: ir.DecimalValue, quantity: ir.DecimalValue) -> ir.DecimalValue:
    """An amount of a line divided by its units; of the line itself where there are none."""
    units = ibis.ifelse(quantity == 0, ibis.null("float64"), quantity.cast("float64"))
    return ibis.coalesce((amount.cast("float64") / units).round(6).cast("decimal(18, 6)"), amount)


def _patterns(settings: Mapping[str, object], section: str, key: str, usual: tuple[str, ...], problems: list[Problem]) -> tuple[str, ...]:
    said = _section(settings, section).get(key, usual)
    if isinstance(said, str):
        said = [said]
    if isinstance(said, (list, tuple)) and all(isinstance(s, str) for s in said):
        return tuple(said)
    problems.append(Problem(f"mapping, {section}.{key}", str(said), 'a list of codes such as ["POST", "SHIP*"]'))
    return usual


def _choice(settings: Mapping[str, object], key: str, choices: tuple[str, ...], problems: list[Problem]) -> str | None:
    said = _section(settings, "amounts").get(key)
    if said is not None and said not in choices:
        problems.append(Problem(f"mapping, amounts.{key}", str(said), f"one of {', '.join(choices)}", did_you_mean(str(said), choices)))
    return str(said) if said is not None else None


def _unknown(settings: Mapping[str, object], section: str, known: tuple[str, ...], problems: list[Problem]) -> None:
    problems += [
        Problem(f"mapping, {section}.{k}", k, f"one of {', '.join(known)}", did_you_mean(k, known))
        for k in _section(settings, section)
        if k not in known
    ]


def _section(settings: Mapping[str, object], name: str) -> Mapping[str, object]:
    section = settings.get(name, {})
    return section if isinstance(section, dict) else {}
