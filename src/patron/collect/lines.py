"""From order lines to orders, lines, credit notes, buyers and products, by way of small tables of what repeats.

A line says its order, buyer and product again and again. So those are read once: `names` (codes and names of products), `numbers`
(orders and credit notes) and `buyers` have one row per different text in the file; lines only look things up.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import translate
from typing import TYPE_CHECKING

import ibis

from patron.collect import amounts, ids, people
from patron.collect import orders_of_lines as ordering
from patron.collect.lines_content import are_apart, mixed
from patron.collect.parsing import clean, reference
from patron.collect.places import country
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
BUYERS = ("customer_number", "email", "phone")
PLACES = ("country", "region", "city", "postal_code")
ORDERS = ("coupon_code", "channel", *PLACES)
_DOCUMENT = ("order_id", "buyer_id", "is_credit", "is_plain", "number", "at", "of")
_NEVER = "1970-01-01"  # a name that nothing was sold by gives way to any other
_WILD = frozenset("*?[")


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
        """What a product is called on each line, as it stands."""
        return self.records.product_code

    @property
    def quantity(self) -> ir.DecimalValue:
        """Units of each line, 1 where the file does not say."""
        return self.records.quantity if "quantity" in self.intake.has else ibis.literal(1).cast("decimal(18, 3)")

    @property
    def may_give_back(self) -> ir.BooleanValue:
        """A quick test of each record that holds at least for lines of credit notes."""
        if "quantity" in self.intake.has:
            return self.records.quantity < 0
        if self.intake.has & {"discount", "coupon_discount", "coupon_match_discount", "tax"}:
            return ibis.literal(value=True)
        return self._said_amount <= 0

    @property
    def _said_amount(self) -> ir.DecimalValue:
        return self.records.amount if "amount" in self.intake.has else self.records.unit_price

    def instant(self, wall: ir.TimestampValue) -> ir.TimestampValue:
        """An instant of the records in UTC."""
        return wall if self.zone == "UTC" else to_utc_timestamp(wall, self.zone)

    def currency(self, rows: ir.Table) -> str | ir.StringValue:
        """The currency of each row of a table with the column `currency` as it stands, or the one of all."""
        if "currency" not in self.intake.has:
            return self.intake.currency
        return ibis.coalesce(clean(rows.currency).upper(), ibis.literal(self.intake.currency))

    def names(self) -> ir.Table:
        """One row per code and name of a product, and when it was sold by that name: null for words about stock and faults.

        Returns:
            code, name, category, brand (as they stand); first_at, last_at.
        """
        rows = self.records.mutate(_code=self.code)
        present = [c for c in ("product_name", "category", "brand") if c in self.intake.has]
        is_sold = (self.quantity > 0) & (self._said_amount > 0)
        grouped = rows.group_by("_code", *present).agg(
            first_at=rows.ordered_at.min(where=is_sold), last_at=rows.ordered_at.max(where=is_sold)
        )
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

    def numbers(self, codes: ir.Table, *, apart: bool) -> ir.Table:
        """One row per order number as it stands.

        Args:
            codes: `codes`.
            apart: whether any line is given back; such lines say nothing about the order but its buyer, time and currency.

        Returns:
            raw, order_number, order_id, ordered_at, currency, is_credit, buyer_id, customer_number, email, phone and the columns
            `orders_of_lines.MERGED`; null where the file does not say. Of the lines that are not given back: is_sold, whether there are
            any, and the columns `orders_of_lines.SUMMED`. And is_plain: whether it is certain that no two lines are equal; is_new: true.
        """
        rows, has = self._coded(self.records, codes), self.intake.has
        if apart:
            rows = rows.mutate(is_credit=self._is_credit(reference(rows.order_number)))
        where = ~self._gives_back(rows) if apart else None
        sold, is_sold = ({}, {}) if where is None else ({"where": where}, {"is_sold": where.any()})
        grouped = rows.group_by("order_number").agg(
            ordered_at=rows.ordered_at.min(),
            is_plain=are_apart(rows.product_id, rows.net_revenue),
            **is_sold,
            **{c: rows[c].max() for c in ("currency", *BUYERS) if c in has},
            **{c: rows[c].max(**sold) for c in ORDERS if c in has},
            **ordering.parts(rows, where, self._told),
        )
        if "country" in has:  # their names are few, orders are many
            said = self.records.select("country").distinct()
            known = said.select(_said=said.country, _country=country(clean(said.country)))
            grouped = grouped.left_join(known, grouped.country == known._said)
        code = self.currency(grouped)
        values = {c: clean(grouped[c]) if c in has else ibis.null("string") for c in (*BUYERS, *ORDERS)}
        if "customer_number" in has:
            values["customer_number"] = reference(grouped.customer_number)
        if "email" in has:
            values["email"] = values["email"].lower()
        if "country" in has:
            values["country"] = grouped._country
        bare = grouped.select(
            "is_plain",
            is_sold=grouped.is_sold if is_sold else ibis.literal(value=True),
            is_new=ibis.literal(value=True),
            raw=grouped.order_number,
            order_number=reference(grouped.order_number),
            ordered_at=self.instant(grouped.ordered_at),
            currency=ibis.literal(code) if isinstance(code, str) else code,
            **values,
            **ordering.summed(grouped, self._told),
        )
        buyer_id = self.person(bare).id.cast("int64") if self._buyers else ibis.null("int64")
        return bare.mutate(
            buyer_id=buyer_id,
            is_credit=self._is_credit(bare.order_number),
            order_id=ids.order_id(self.intake.source, self.intake.scope, bare.order_number),
        )

    def person(self, rows: ir.Table) -> people.Person:
        """The buyer of each row of a table with the columns `BUYERS`; there must be any in the file."""
        return people.identified(rows, self.intake, **{c: rows[c] for c in self._buyers})

    @property
    def _buyers(self) -> tuple[str, ...]:
        return tuple(c for c in BUYERS if c in self.intake.has)

    def buyers(self, numbers: ir.Table) -> ir.Table | None:
        """One row per buyer, by what is known of them: when they first and last bought, and the places of the latest order.

        Args:
            numbers: `numbers`.
        """
        if not self._buyers:
            return None
        known = numbers.filter(numbers.buyer_id.notnull())
        latest = [ibis.desc(known.ordered_at), known.order_number]
        places = {c: known[c].first(order_by=latest) for c in PLACES if c in self.intake.has}
        return known.group_by(*self._buyers).agg(first_at=known.ordered_at.min(), last_at=known.ordered_at.max(), **places)

    def observed(self, buyers: ir.Table) -> dict[str, ir.Table]:
        """Rows of `identifiers`, `links` and `profiles` of `buyers`."""
        profile = {c: buyers[c] for c in (*self._buyers, *PLACES) if c in buyers.columns}
        return people.observed(self.person(buyers), self.intake, seen_at=buyers.first_at, updated_at=buyers.last_at, profile=profile)

    def joined(self, codes: ir.Table, numbers: ir.Table) -> ir.Table:
        """Each record with what its code and its order number stand for, and its money.

        Returns:
            The columns of `facts.ORDER_LINES` but for what the loading adds, `line_id` being that of the first of equal lines; and
            order_number, buyer_id, gives_back: whether it is a line of a credit note, and is_plain, of its number.
        """
        said = numbers.mutate(number=numbers.order_number, at=numbers.ordered_at, of=numbers.currency).select("raw", *_DOCUMENT)
        both = self._coded(self.records.join(said, self.records.order_number == said.raw), codes, _DOCUMENT)
        zero = ibis.literal(0, type="int64")
        optional = [both[c] if c in self._told else zero for c in ("discount", "coupon_discount", "tax")]
        return both.select(
            "order_id", "buyer_id", "product_id", "kind", "quantity", "unit_price", "list_price", "net_revenue", "discount",
            "coupon_discount", "tax", "cost", "is_plain",
            line_id=mixed(both.order_id, both.product_id, both.quantity, ibis.coalesce(both.unit_price, 0), both.net_revenue, *optional),
            order_number=both.number,
            ordered_at=both.at,
            currency=both.of,
            gives_back=self._gives_back(both),
        )  # fmt: skip

    @property
    def _told(self) -> frozenset[str]:
        """The amounts that the file tells besides the revenue of each line."""
        has = self.intake.has
        coupons = {"coupon_discount", "discount"} if has & {"coupon_discount", "coupon_match_discount"} else set()
        return frozenset(coupons | (has & {"discount", "tax", "cost"}))

    def _coded(self, records: ir.Table, codes: ir.Table, also: Sequence[str] = ()) -> ir.Table:
        """Records with their money in minor units, what their codes stand for (product_id and kind), and some of their own columns."""
        rows = self._priced(records.mutate(_code=self.code)).alias("_priced")
        of_codes = codes.select("product_id", "kind", _of=codes.code)
        met = rows.left_join(of_codes, rows._code == of_codes._of)
        zero = ibis.literal(0, type="int64")
        return met.select(
            "order_number", "ordered_at", "list_price", "product_id", "currency", *BUYERS, *ORDERS, *also,
            kind=ibis.coalesce(met.kind, ibis.literal("product")),
            quantity=met._quantity,
            unit_price=met._price,
            net_revenue=met._net,
            **{c: met[f"_{c}"] if c in self._told else zero for c in ("discount", "coupon_discount", "tax")},
            cost=met._cost if "cost" in self._told else ibis.null("int64"),
        )  # fmt: skip

    def _is_credit(self, number: ir.StringValue) -> ir.BooleanValue:
        return _matches(number, self.rules.credits)

    def _priced(self, rows: ir.Table) -> ir.Table:
        """Records with `_quantity` and their money."""
        counted = rows.mutate(_quantity=self.quantity)
        return counted.mutate(**self._amounts(counted))

    def _gives_back(self, rows: ir.Table) -> ir.BooleanValue:
        if "quantity" in self.intake.has:
            return (rows.quantity < 0) & ((rows.net_revenue < 0) | rows.is_credit)
        return (rows.net_revenue < 0) | (rows.is_credit & (rows.net_revenue <= 0))

    def _amounts(self, rows: ir.Table) -> dict[str, ir.Value]:
        """The money of each line in minor units (_net, _discount, _coupon_discount, _tax, _cost), and _price, of a unit."""
        has, quantity = self.intake.has, rows._quantity
        code = self.currency(rows)
        found: dict[str, ir.Value] = {}
        coupons = [amounts.minor_or_zero(rows[c].abs(), code) for c in ("coupon_discount", "coupon_match_discount") if c in has]
        if coupons:
            found["_coupon_discount"] = sum(coupons[1:], coupons[0])
        taken_off = ([amounts.minor_or_zero(rows.discount.abs(), code)] if "discount" in has else []) + coupons
        if taken_off:
            found["_discount"] = sum(taken_off[1:], taken_off[0])
        if "tax" in has:
            found["_tax"] = amounts.minor_or_zero(rows.tax, code)
        if "cost" in has:
            found["_cost"] = amounts.minor_of_product(rows.cost, quantity, code)
        is_total = "amount" in has and not self.rules.is_unit
        price = rows.amount if "amount" in has and self.rules.is_unit else rows.unit_price
        net = amounts.minor(rows.amount, code) if is_total else amounts.minor_of_product(price, quantity, code)
        is_before_discount = self.rules.is_before_discount if self.rules.is_before_discount is not None else not is_total
        if taken_off and is_before_discount:
            net = net - found["_discount"]
        if "tax" in has and self.rules.has_tax:
            net = net - found["_tax"]
        return found | {"_net": net, "_price": amounts.per_unit(rows.amount, quantity) if is_total else price}


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
    grouped = grouped.mutate(updated_at=ibis.coalesce(grouped.updated_at, ibis.timestamp(_NEVER)))
    text = grouped.product_id.cast("string")
    return grouped.mutate(
        listing_id=ids.named(f"listing/{intake.source}", text, ibis.coalesce(grouped.name, ibis.literal(""))),
        is_listed=ibis.literal(value=False),
    )


def _matches(text: ir.StringValue, patterns: Sequence[str]) -> ir.BooleanValue:
    plain = [p for p in patterns if not set(p) & _WILD]
    found = text.isin(plain) if plain else ibis.literal(value=False)
    for pattern in (p for p in patterns if set(p) & _WILD):
        expression = translate(pattern).replace("(?s:", "(?:").replace(r"\Z", "$").replace(r"\z", "$")
        found = found | text.re_search(f"^{expression}")
    return found


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
