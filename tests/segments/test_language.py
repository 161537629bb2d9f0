# ruff: noqa: Q000  (messages stand as they are shown)
from __future__ import annotations

import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patron.segments import tree as t
from patron.segments.language import read
from patron.segments.words import said

GOOD = [
    "order_count >= 3 and lateness > 2 and net_revenue_365d > typical(net_revenue_365d)",
    'happened("product_viewed", last="7 days", category="shoes") >= 3 and not happened("order_completed", last="7 days")',
    'sequence("checkout_started", absent("order_completed"), within="1 hour")',
    'sequence(step("product_viewed", category="shoes"), "product_added", within="1 day", same=("product_id",), last="30 days")',
    "top(net_revenue_365d, share=0.10) or bottom(order_count, n=100, within=country)",
    "mean_order_value > 1.5 * average(mean_order_value) and p_alive < 0.3",
    'in_segment("loyal") and entered("at_risk", last="7 days") and consent("email", "marketing")',
    'bucket("spring-test") < 0.10',
    'n_of(2, a > 1, b < -2, c) and country not in ["GB", "IE"] and 1 < x <= 3',
    'has(a) and unknown(b) and contains(city, "x") and first_order_at >= date("2024-01-01")',
    'sum_of("value", "order_placed", since="2024-01-01", before="2024-02-01") > 100 * (a - b) / 2',
    'distinct_of("product_id", "product_viewed", category=["a", "b"], page_contains="sale", value_at_least=5) == 2',
    'days_since("product_viewed", category_starts_with="s") < 3 or left("a", last="36 hours") or in_list("x y")',
    'percentile(a, 0.9) <= a and first_order_at < date("2024-01-01T12:30")',
    "True",
    "not (a and b) or (a and not b)",
    "a - (b - c) > a / (b * c)",
]


@pytest.mark.parametrize("text", GOOD)
def test_what_is_read_is_said_again_in_the_same_words(text: str) -> None:
    condition, problems = read(text, where="where")
    assert condition is not None
    assert problems == ()
    assert read(said(condition), where="where")[0] == condition


def test_a_comparison_may_be_chained() -> None:
    condition, _ = read("1 < order_count <= 3", where="where")
    assert condition == t.All(
        (t.Compare(t.Number(1), "<", t.Name("order_count")), t.Compare(t.Name("order_count"), "<=", t.Number(3)))
    )  # fmt: skip


def test_something_that_happened_once_is_enough() -> None:
    assert read('happened("a")', where="w")[0] == read('happened("a") >= 1', where="w")[0]


def test_numbers_are_worked_out_while_reading() -> None:
    assert read("x > 2 * 50 - -1", where="w")[0] == t.Compare(t.Name("x"), ">", t.Number(101))


def test_lines_and_tabs_are_space() -> None:
    assert read("\n  a > 3\n\tand b > 2\n", where="w")[0] == read("a > 3 and b > 2", where="w")[0]


MESSAGES = {
    "": "where: expected a condition such as order_count >= 3 and lateness > 2",
    "a = 3": "where, column 3: found '=', expected a condition such as order_count >= 3 and lateness > 2; write '==' to compare",
    "a > 3 AND b": "where, column 7: found 'AND', expected a condition such as order_count >= 3 and lateness > 2; write 'and', 'or', "
    "'not' in small letters",
    "a > 3 && b": "where, column 7: found '&', expected a condition such as order_count >= 3 and lateness > 2; write 'and'",
    "a > 10%": "where, column 7: found '%', expected a condition such as order_count >= 3 and lateness > 2; write a share: 10% is 0.1",
    "a between 1 and 2": "where, column 3: found 'between', expected a condition such as order_count >= 3 and lateness > 2; write "
    "1 <= order_count <= 3",
    "a == “x”": "where, column 6: found '“', expected a condition such as order_count >= 3 and lateness > 2; write straight quotes, as in "
    '"email"',
    "(a > 3": "where, column 1: found '(a > 3', expected a condition such as order_count >= 3 and lateness > 2; a bracket is not closed",
    "foo(3)": "where, column 1: found 'foo(…)', expected a function of the language; features are written without brackets",
    "topp(a, n=1)": "where, column 1: found 'topp(…)', expected a function of the language; did you mean 'top'?",
    "top(a)": "where, column 1: found 'top(a)', expected either share=0.1 or n=100",
    "top(a, share=10)": "where, column 14: found '10', expected a share between 0 and 1",
    "top(a, shares=0.1)": "where, column 8: found 'shares=', expected top as in top(net_revenue, share=0.1); did you mean 'share'?",
    "average() > 3": "where, column 1: found 'average()', expected average as in average(net_revenue); feature must be given",
    "average(a, b) > 3": "where, column 12: found 'b', expected average as in average(net_revenue); there is an argument too many",
    'has("a")': "where, column 5: found '\"a\"', expected the name of a feature; write it without quotes",
    'a.b > 3': "where, column 1: found 'a.b', expected a feature, a number, a text in quotes, or a function; nothing else is part of the "
    "language",
    "lambda: 3": "where, column 1: found 'lambda: 3', expected a condition that is true or false; compare it, as in order_count >= 3",
    "a > 3 + (b or c)": "where, column 10: found 'b or c', expected a value; this is true or false; join conditions with 'and', 'or', 'not'",
    "a is None": "where, column 1: found 'a', expected one of < <= > >= == != in, not in; write has(feature) or unknown(feature) to ask "
    "whether a value is known",
    "a == None": "where, column 6: found 'None', expected a value; write has(feature) or unknown(feature) to ask whether a value is known",
    'a in "abc"': "where, column 6: found '\"abc\"', expected a list such as [\"GB\", \"IE\"]",
    "a in [b]": "where, column 7: found 'b', expected a number or a text in quotes; compare with == to compare two features",
    "a in ['x' 'y']": "where, column 7: found \"'x'\", expected a comma or an operator between two texts",
    'happened("x", last="7 months")': "where, column 20: found '\"7 months\"', expected a span such as '7 days', '90 minutes' or "
    "'1 week', up to 100 years; months and years vary in length",
    'happened("x", last="0 days")': "where, column 20: found '\"0 days\"', expected a span such as '7 days', '90 minutes' or '1 week', up "
    "to 100 years; months and years vary in length",
    'happened("x", last="99999999999999999999 days")': "where, column 20: found '\"99999999999999999999 days\"', expected a span such as "
    "'7 days', '90 minutes' or '1 week', up to 100 years; months and years vary in length",
    'happened("x", last="7 days", since="2024-01-01")': "where, column 20: found '\"7 days\"', expected either last=… or since=… and "
    "before=…, not both",
    'a > date("last week")': "where, column 10: found '\"last week\"', expected a date or time such as '2024-01-01' or '2024-01-01T12:30'",
    'sequence(absent("a"), "b")': "where, column 1: found 'sequence(absent(\"a\"), \"b\")', expected a sequence that begins with an event "
    "that happened; write not happened(…)",
    'sequence("a", absent("b"), absent("c"))': "where, column 1: found 'sequence(\"a\", absent(\"b\"), absent(\"c\"))', expected one "
    "absent step between two events",
    'sequence("a")': "where, column 1: found 'sequence(\"a\")', expected two steps or more; write happened(…)",
    'absent("a")': "where, column 1: found 'absent(\"a\")', expected a condition; absent(…) is a step of sequence(…)",
    'consent("fax")': "where, column 9: found '\"fax\"', expected one of email, sms, whatsapp, push",
    "n_of(3, a, b)": "where, column 6: found '3', expected a whole number from 1 to 2",
    "x > 1e999": "where, column 5: found '1e999', expected a number of at most 15 digits",
    "x == 0x10": "where, column 6: found '0x10', expected a number such as 12, 0.5 or 1e6",
    "x > 1 / 0": "where, column 5: found '1 / 0', expected a division by something else than 0",
    "x > 3 # big": "where, column 7: found '#', expected no comment inside a condition; a comment stands on a line of its own in the file",
    'x == "a\\n"': "where, column 8: found '\\\\\\\\', expected no backslash and no control character",
    '"x': "where, column 1: found '\"x', expected text that ends with the same quote on the same line",
    'happened("x", **y)': "where, column 15: found '**y', expected plain arguments, as in happened(\"product_viewed\", last=\"7 days\")",
    "\n a > 3\n and foo(b)\n": "where, line 3, column 6: found 'foo(…)', expected a function of the language; features are written "
    "without brackets",
    'é == "ü" and foo(b)': "where, column 14: found 'foo(…)', expected a function of the language; features are written without brackets",
}  # fmt: skip


@pytest.mark.parametrize("text", MESSAGES)
def test_a_fault_is_said_in_a_sentence(text: str) -> None:
    condition, problems = read(text, where="where")
    assert condition is None
    assert str(problems[0]) == MESSAGES[text]


def test_all_faults_are_said_at_once() -> None:
    _, problems = read('foo(1) and top(a) and has("b") and x > 1e999', where="where")
    assert len(problems) == 4


_ATTACKS = {
    "brackets": "(" * 5_000,
    "closed brackets": "(" * 4_000 + "a" + ")" * 4_000,
    "nots": "not " * 2_400 + "a",
    "minuses": "-" * 9_000 + "a > 1",
    "sums": "+".join(["a"] * 4_000) + " > 1",
    "powers": "a > " + "**".join(["9"] * 1_000),
    "shifts": "a > 1 << 9999999999",
    "calls": "has(" * 3_000,
    "lists": "a in " + "[" * 3_000,
    "options": "a in [" + ",".join(["1"] * 4_000) + "]",
    "too long": "a > 1 or " * 5_000,
    "dunder": "().__class__.__bases__[0].__subclasses__()",
    "import": '__import__("os").system("true")',
    "walrus": "(a := 3)",
    "format": 'f"{a!r:>{9999999}}" == "x"',
    "await": "await a",
    "null": "a\0b",
    "digits": "a > " + "9" * 9_000,
    "surrogate": 'a == "\ud800"',
    "keywords": "happened('x', " + ",".join(f"a{i}=1" for i in range(1_500)) + ")",
}


@pytest.mark.parametrize("name", _ATTACKS)
def test_an_attack_is_refused_in_a_moment(name: str) -> None:
    condition, problems = read(_ATTACKS[name], where="where")
    assert condition is None
    assert problems
    assert all(len(str(problem)) < 400 for problem in problems)


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        condition, problems = read(text, where="where")
    assert (condition is None) == bool(problems)


_PIECES = st.sampled_from(
    ["a", "3", '"x"', "(", ")", "[", "]", ",", "and", "or", "not", "in", "<", "==", "+", "-", "/", "*", "happened(", "top(", "last=", "top",
     "sequence(", "absent(", "date(", "n_of(", "True", ".", "=", "if", "else", "lambda", ":", "1.5", "7 days", '"7 days"', "share=0.1"]
)  # fmt: skip


@settings(deadline=None, max_examples=400)
@given(st.lists(_PIECES, max_size=15).map(" ".join))
def test_any_jumble_of_words_is_read_or_refused_and_what_is_read_can_be_said(text: str) -> None:
    condition, problems = read(text, where="where")
    assert (condition is None) == bool(problems)
    if condition is not None:
        assert read(said(condition), where="where")[0] == condition
