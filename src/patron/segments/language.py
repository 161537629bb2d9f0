"""The language of conditions: from text to the tree of `tree`, with everything that is wrong said at once.

The text is an expression in Python's own grammar, of which a handful of forms is allowed: `and`, `or`, `not`, comparisons (chained and
`in` too), arithmetic, numbers, text, True and False, names of features, and calls of the functions in `functions`. Names and kinds are
checked later, in `kinds`, against the catalog.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from patron.kernel.problems import Problem, did_you_mean
from patron.segments import tree as t
from patron.segments.calls import Calls
from patron.segments.functions import SIGNATURES
from patron.segments.grammar import Source, parsed

if TYPE_CHECKING:
    from collections.abc import Mapping

_COMPARISONS: Mapping[type[ast.cmpop], t.Comparison] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip
_ARITHMETIC: Mapping[type[ast.operator], t.Arithmetic] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_LARGEST = 1e15


def read(text: str, *, where: str) -> tuple[t.Condition | None, tuple[Problem, ...]]:
    """The condition that a text says, or None, and all problems of its form."""
    source = Source(text, where)
    found = parsed(source)
    if isinstance(found, tuple):
        return None, found
    reader = _Reader(source)
    condition = reader.condition(found)
    return (None if reader.problems else condition), tuple(reader.problems)


@dataclass(slots=True)
class _Reader:
    source: Source
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, node: ast.expr | ast.keyword, expected: str, hint: str = "", found: str | None = None) -> None:
        self.problems.append(
            Problem(self.source.place(self.source.offset(node)), self.source.shown(node) if found is None else found, expected, hint)
        )

    # Conditions

    def condition(self, node: ast.expr) -> t.Condition | None:
        at = self.source.offset(node)
        match node:
            case ast.BoolOp(op, parts):
                items = tuple(i for i in [self.condition(part) for part in parts] if i is not None)
                return t.All(items, at=at) if isinstance(op, ast.And) else t.Any(items, at=at)
            case ast.UnaryOp(ast.Not(), operand):
                item = self.condition(operand)
                return item and t.Not(item, at=at)
            case ast.Compare():
                return self._comparisons(node)
            case ast.Constant(bool(value)):
                return t.Constant(value, at=at)
            case ast.Name(name):
                return t.Claim(name, at=at)
            case ast.Call(ast.Name(name)) if name in SIGNATURES and not SIGNATURES[name].is_value:
                return Calls(self).condition(name, node)
            case ast.Call(ast.Name("happened")):
                count = Calls(self).value("happened", node)
                return None if count is None else t.Compare(count, ">=", t.Number(1), at=at)
            case ast.Call(ast.Name(name)) if name not in SIGNATURES:
                self._unknown_function(node, name)
            case _:
                self.refuse(node, "a condition that is true or false", "compare it, as in order_count >= 3")
        return None

    def _comparisons(self, node: ast.Compare) -> t.Condition | None:
        sides = [node.left, *node.comparators]
        pairs = [self._pair(left, op, right) for left, op, right in zip(sides, node.ops, sides[1:], strict=False)]
        items = tuple(pair for pair in pairs if pair is not None)
        if len(items) < len(pairs):
            return None
        return items[0] if len(items) == 1 else t.All(items, at=self.source.offset(node))

    def _pair(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> t.Condition | None:
        at = self.source.offset(left)
        if isinstance(op, ast.In | ast.NotIn):
            value, options = self.value(left), self.literals(right)
            return None if value is None or options is None else t.OneOf(value, options, isinstance(op, ast.NotIn), at=at)
        if type(op) not in _COMPARISONS:
            self.refuse(left, "one of < <= > >= == != in, not in", "write has(feature) or unknown(feature) to ask whether a value is known")
            return None
        first, second = self.value(left), self.value(right)
        return None if first is None or second is None else t.Compare(first, _COMPARISONS[type(op)], second, at=at)

    # Values

    def value(self, node: ast.expr) -> t.Value | None:
        at = self.source.offset(node)
        match node:
            case ast.Constant():
                return self.literal(node)
            case ast.Name(name):
                return t.Name(name, at=at)
            case ast.UnaryOp(ast.USub(), operand):
                value = self.value(operand)
                return value and self._folded(node, t.Sum("*", t.Number(-1, at=at), value, at=at))
            case ast.BinOp(left, op, right) if type(op) in _ARITHMETIC:
                first, second = self.value(left), self.value(right)
                if first is None or second is None:
                    return None
                return self._folded(node, t.Sum(_ARITHMETIC[type(op)], first, second, at=at))
            case ast.Call(ast.Name(name)) if name in SIGNATURES and SIGNATURES[name].is_value:
                return Calls(self).value(name, node)
            case ast.Call(ast.Name(name)) if name not in SIGNATURES:
                self._unknown_function(node, name)
            case ast.BoolOp() | ast.Compare() | ast.UnaryOp(ast.Not()) | ast.Call(ast.Name()):
                self.refuse(node, "a value", "this is true or false; join conditions with 'and', 'or', 'not'")
            case _:
                self.refuse(node, "a feature, a number, a text in quotes, or a function", "nothing else is part of the language")
        return None

    def literal(self, node: ast.Constant) -> t.Number | t.Text | t.Truth | None:
        at = self.source.offset(node)
        match node.value:
            case bool(value):
                return t.Truth(value, at=at)
            case int(value) | float(value):
                return self._number(node, value)
            case str(value):
                return t.Text(value, at=at)
            case None:
                self.refuse(node, "a value", "write has(feature) or unknown(feature) to ask whether a value is known")
            case _:
                self.refuse(node, "a number, a text in quotes, True or False")
        return None

    def literals(self, node: ast.expr) -> t.Literals | None:
        """The options of `in`: a list of numbers, texts, True and False."""
        if not isinstance(node, ast.List | ast.Tuple) or not node.elts:
            self.refuse(node, 'a list such as ["GB", "IE"]')
            return None
        read = [self._option(element) for element in node.elts]
        return None if None in read else tuple(option for option in read if option is not None)

    def _option(self, node: ast.expr) -> t.Number | t.Text | t.Truth | None:
        value = self.value(node) if isinstance(node, ast.Constant | ast.UnaryOp) else None
        if isinstance(value, t.Number | t.Text | t.Truth):
            return value
        if not isinstance(node, ast.Constant):
            self.refuse(node, "a number or a text in quotes", "compare with == to compare two features")
        return None

    def _number(self, node: ast.expr, value: float) -> t.Number | None:
        if not -_LARGEST <= value <= _LARGEST:
            self.refuse(node, "a number of at most 15 digits")
            return None
        return t.Number(value, at=self.source.offset(node))

    def _folded(self, node: ast.expr, total: t.Sum) -> t.Value | None:
        """Arithmetic of two numbers is a number."""
        if not (isinstance(total.left, t.Number) and isinstance(total.right, t.Number)):
            return total
        left, right = total.left.value, total.right.value
        match total.operator:
            case "+":
                return self._number(node, left + right)
            case "-":
                return self._number(node, left - right)
            case "*":
                return self._number(node, left * right)
        if right == 0:
            self.refuse(node, "a division by something else than 0")
            return None
        return self._number(node, left / right)

    def _unknown_function(self, node: ast.expr, name: str) -> None:
        hint = did_you_mean(name, SIGNATURES) or "features are written without brackets"
        self.refuse(node, "a function of the language", hint, f"{name}(…)")
