"""Numbers for the content of order lines, by which equal lines are found."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

import ibis
import ibis.expr.operations as ops

if TYPE_CHECKING:
    import ibis.expr.types as ir

_LARGE = 2_147_483_647
_BITS = (61, 59)  # primes: contents that fall on the same bit by one seldom do by the other
_FACTORS = (2_654_435_761, 4_093_082_899, 3_266_489_917, 2_246_822_519, 668_265_263, 374_761_393)


def mixed(
    order: ir.IntegerValue, product: ir.IntegerValue, quantity: ir.DecimalValue, price: ir.DecimalValue, *amounts_: ir.IntegerValue
) -> ir.IntegerValue:
    """A number for the content of a line: ids are hashes already, so that numbers only need to be spread over the bits.

    Factors are below 2^32 and numbers below 2^31, so no product overflows.
    """
    number = order ^ ibis.coalesce(product, ibis.literal(0, type="int64"))
    for value, factor in zip(((quantity * 1000).cast("int64"), (price * 1_000_000).cast("int64"), *amounts_), _FACTORS, strict=True):
        if not isinstance(value.op(), ops.Literal):
            number = number ^ ((value % _LARGE).abs() * factor) ^ ibis.ifelse(value < 0, 1, 0)
    return number & ((1 << 63) - 1)


def are_apart(product: ir.IntegerColumn, net: ir.IntegerColumn) -> ir.BooleanScalar:
    """Whether it is certain that no two of the lines of an order are equal; where it is not, that has to be found out.

    The content of a line falls on one of so many bits: where those of an order add up to what they are together, each is there but once.
    """
    zero = ibis.literal(0, type="int64")
    content = ibis.coalesce(product, zero) % _LARGE + ibis.coalesce(net, zero).abs()
    bits = [ibis.literal(1, type="int64") << (content % count) for count in _BITS]
    return reduce(or_, (bit.sum() == bit.bit_or() for bit in bits))
