from __future__ import annotations

import pytest

from patron.kernel.errors import InputError
from patron.segments import tree as t
from patron.segments.check import checked
from patron.segments.definition import Definition
from segments.world import CATALOG, check

KINDS = {
    "order_cout > 3": "it.toml, where, column 1: found 'order_cout', expected a feature of the catalog; did you mean 'order_count'?",
    "is_subscribed == true": "it.toml, where, column 18: found 'true', expected a feature of the catalog; write True and False with a "
    "capital letter",
    "edge_views_7d_at > last_order_at": "it.toml, where, column 1: found 'edge_views_7d_at', expected a feature of the catalog",
    "net_revenue > country": "it.toml, where, column 1: found 'net_revenue > country', expected two values of one kind; net_revenue is "
    "money, country is text: they cannot be compared",
    "net_revenue > order_count": "it.toml, where, column 1: found 'net_revenue > order_count', expected two values of one kind; net_revenue "
    "is money, order_count is a number: they cannot be compared",
    'order_count == "3"': "it.toml, where, column 1: found 'order_count == \"3\"', expected two values of one kind; order_count is a "
    'number, "3" is text: they cannot be compared',
    "net_revenue * net_revenue > 3": "it.toml, where, column 1: found 'net_revenue * net_revenue', expected numbers or money; net_revenue is "
    "money, net_revenue is money: they cannot be multiplied",
    "order_count + country == 3": "it.toml, where, column 1: found 'order_count + country', expected numbers or money; order_count is a "
    "number, country is text: they cannot be added",
    "is_subscribed > True": "it.toml, where, column 1: found 'is_subscribed > True', expected == or !=; is_subscribed is true or false: it "
    "has no order",
    "1 < 2": "it.toml, where, column 1: found '1 < 2', expected a feature on one side; this says the same about everybody",
    "order_count": "it.toml, where, column 1: found 'order_count', expected a condition that is true or false; order_count is a number: "
    "compare it, as in order_count > 0",
    "country": "it.toml, where, column 1: found 'country', expected a condition that is true or false; country is text: compare it, as in "
    'country == "…"',
    'country in ["GB", 3]': "it.toml, where, column 19: found '3', expected a list of text; country is text, 3 is a number: they cannot be "
    "compared",
    "top(country, n=3)": "it.toml, where, column 1: found 'country', expected a feature that is a number or money; country is text",
    "average(is_subscribed) > 1": "it.toml, where, column 1: found 'is_subscribed', expected a feature that is a number or money; "
    "is_subscribed is true or false",
    'contains(order_count, "3")': "it.toml, where, column 1: found 'order_count', expected a feature that is text; order_count is a number",
    'in_segment("its")': "it.toml, where, column 1: found 'its', expected a segment of this project; did you mean 'it'?",
    'entered("other", last="1 day")': "it.toml, where, column 1: found 'other', expected a segment of this project",
    'happened("x", lst="7 days")': "it.toml, where, column 1: found 'lst=', expected a column of x; did you mean 'last'?",
    'happened("x", value="7")': "it.toml, where, column 1: found \"value='7'\", expected value tested as money",
    'happened("x", product_id=7)': "it.toml, where, column 1: found 'product_id=7', expected product_id tested as an id; ids are hashes: use "
    "product_code or category",
    'happened("x", device_at_least="a")': "it.toml, where, column 1: found \"device='a'\", expected device tested as text",
    'sum_of("device", "x") > 1': "it.toml, where, column 1: found 'device', expected a column of x that holds numbers; it has quantity, value",
    'sum_of("vale", "x") > 1': "it.toml, where, column 1: found 'vale', expected a column of x; did you mean 'value'?",
    'sequence("x", "message_sent", same=("product_id",))': "it.toml, where, column 1: found 'product_id', expected a column of message_sent "
    "that all steps share; message_sent has channel, purpose, campaign_name",
    'happened("x", since="2024-02-01", before="2024-01-01")': "it.toml, where, column 1: found '2024-01-01', expected a later end than the "
    "beginning of the span",
    "favourite_product_id > first_product_id": "it.toml, where, column 1: found 'favourite_product_id > first_product_id', expected == or "
    "!=; favourite_product_id is an id: it has no order",
    "last_order_at + first_order_at > 1": "it.toml, where, column 1: found 'last_order_at + first_order_at', expected numbers or money; "
    "last_order_at is a date and time, first_order_at is a date and time: they cannot be added",
}


@pytest.mark.parametrize("where", KINDS)
def test_a_wrong_name_or_kind_is_said_in_a_sentence(where: str) -> None:
    with pytest.raises(InputError) as caught:
        check({"it": where})
    assert str(caught.value.problems[0]) == KINDS[where]


GOOD = [
    "net_revenue / order_count > 50",
    "net_revenue / net_revenue > 0.5",
    "2 * net_revenue - 5 > average(net_revenue) + 3 * mean_order_value",
    "last_order_at - first_order_at > 30",
    "days_since_last_order > 2 * usual_gap_days",
    'birth_on > date("1990-01-01") and first_order_at <= date("2024-01-01")',
    "favourite_product_id == first_product_id and has(favourite_product_id)",
    "unit_price > 5 and units * 2 > order_count",
    'sum_of("value", "order_placed") > net_revenue / 2',
    'average_of("rating", "review_written") < 3',
    'happened("product_bought", category="shoes", value_at_least=100) > 1',
    'country != "GB" and country > "A"',
    "is_subscribed == False",
    "net_revenue in [5, 10]",
    '"GB" == country',
]


@pytest.mark.parametrize("where", GOOD)
def test_what_makes_sense_is_accepted(where: str) -> None:
    assert check({"it": where}).slugs == ("it",)


def test_a_number_beside_money_is_an_amount() -> None:
    condition = check({"it": "net_revenue > 500 and 2 * net_revenue > net_revenue - 7"}).conditions["it"]
    assert isinstance(condition, t.All)
    first, second = condition.items
    assert isinstance(first, t.Compare)
    assert first.right == t.Number(500, is_money=True)
    assert isinstance(second, t.Compare)
    assert second.left == t.Sum("*", t.Number(2), t.Name("net_revenue"))
    assert second.right == t.Sum("-", t.Name("net_revenue"), t.Number(7, is_money=True))


def test_a_condition_asks_a_limited_number_of_questions_about_events() -> None:
    many = " or ".join(f'happened("k{i}")' for i in range(51))
    with pytest.raises(InputError, match="found '51', expected at most 50 different questions about events and lists"):
        check({"it": many})


def test_the_problems_of_all_definitions_are_said_at_once() -> None:
    with pytest.raises(InputError) as caught:
        check({"a": "order_cout > 3 and countr == 1", "b": "order_count >", "c": 'in_segment("d")'})
    assert [p.where for p in caught.value.problems] == [
        "a.toml, where, column 1",
        "a.toml, where, column 20",
        "b.toml, where, column 1",
        "c.toml, where, column 1",
    ]


def test_a_segment_cannot_ask_for_itself() -> None:
    with pytest.raises(InputError, match=r"a.toml: found 'in_segment\(\"a\"\)', expected no reference of a segment to itself"):
        check({"a": 'order_count > 3 or in_segment("a")'})


def test_a_circle_of_segments_is_named_once() -> None:
    with pytest.raises(InputError) as caught:
        check({"a": 'in_segment("b")', "b": 'not in_segment("c")', "c": 'order_count > 3 and in_segment("a")', "d": 'in_segment("a")'})
    assert [p.found for p in caught.value.problems] == ["a → b → c → a"]


def test_two_definitions_cannot_have_one_name() -> None:
    two = [Definition("a", where="order_count > 1", file="a.toml"), Definition("a", where="order_count > 2", file="own/a.toml")]
    with pytest.raises(InputError, match=r"own/a.toml: found 'a', expected a name of its own; a.toml has it too"):
        checked(two, CATALOG)


def test_segments_come_after_those_they_ask_for() -> None:
    found = check({"a": 'in_segment("b") and in_segment("c")', "b": 'in_segment("c")', "c": "order_count > 1"})
    assert found.slugs == ("c", "b", "a")


def test_users_of_a_segment_are_known() -> None:
    found = check({"a": 'in_segment("c")', "b": 'entered("c", last="1 day")', "c": "order_count > 1"})
    assert found.users == {"c": ("a", "b")}


def test_history_is_no_circle() -> None:
    assert check({"a": 'in_segment("b")', "b": 'order_count > 1 and not left("a", last="7 days")'}).slugs == ("b", "a")


def test_a_part_of_the_definitions_brings_what_it_asks_for() -> None:
    found = check({"a": 'in_segment("b")', "b": 'in_segment("c")', "c": "order_count > 1", "d": "order_count > 2"})
    assert found.only(["b"]).slugs == ("c", "b")
    with pytest.raises(InputError, match="did you mean 'a'"):
        found.only(["A"])


def test_a_list_must_be_known_when_lists_are() -> None:
    fair = Definition("fair", kind="static", list_name="fair_2024", file="fair.toml")
    asks = Definition("b", where='in_list("fair_2023")', file="b.toml")
    with pytest.raises(InputError, match="found 'fair_2023', expected a list of this project; did you mean 'fair_2024'"):
        checked([fair, asks], CATALOG, lists=[])
    assert checked([fair, asks], CATALOG, lists=["fair_2023"]).slugs == ("fair", "b")
    assert checked([fair, asks], CATALOG).slugs == ("fair", "b")


WARNED = {
    "order_count < 0": "somebody can meet; order_count is never below 0",
    "order_count >= 0": "somebody may not meet; order_count is never below 0",
    "refund_share > 1": "somebody can meet; refund_share is from 0 to 1",
    "refund_share <= 1": "somebody may not meet; refund_share is from 0 to 1",
    'bucket("a") >= 1': 'somebody can meet; bucket("a") is from 0 to below 1',
    "days_since_last_order < 0": "somebody can meet; days_since_last_order is never below 0",
    'happened("x", last="1 day") >= 0': 'somebody may not meet; happened("x", last="1 day") is never below 0',
    "order_count > 5 and order_count < 3": "somebody can meet; order_count is compared twice",
    "5 < order_count < 3": "somebody can meet; order_count is compared twice",
    "net_revenue > 5 and is_subscribed and net_revenue <= 5": "somebody can meet; net_revenue is compared twice",
    'country == "GB" and country in ["IE", "FR"]': "somebody can meet; country is compared twice",
    "order_count > 3 or order_count <= 5": "somebody may not meet; order_count is compared twice",
    "is_subscribed and not is_subscribed": "somebody can meet",
    "is_subscribed or not is_subscribed": "somebody may not meet",
    "True": "somebody may not meet",
    "not order_count < 0": "somebody can meet; order_count is never below 0",
}


@pytest.mark.parametrize("where", WARNED)
def test_a_condition_that_nobody_or_everybody_meets_is_flagged(where: str) -> None:
    (warning,) = check({"it": where}).warnings["it"]
    assert str(warning).endswith(f"expected a condition that {WARNED[where]}")


@pytest.mark.parametrize(
    "where",
    [
        "order_count > 3 and order_count < 5",
        "order_count > 0",
        "days_until_renewal < 0",
        "net_revenue < 0",
        "order_count < 3 or order_count > 5",
        'country == "GB" or country == "IE"',
        "order_count != 0",
        "lateness > 2 and not lateness > 4",
        "refund_share == 1",
    ],
)
def test_what_some_people_meet_is_not_flagged(where: str) -> None:
    assert not check({"it": where}).warnings
