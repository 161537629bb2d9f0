from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from patron.kernel.errors import InputError
from sources.loaded import DATA, Loaded, counts, problems

if TYPE_CHECKING:
    from pathlib import Path

_MAILCHIMP = DATA / "platform_exports/mailchimp/subscribed_members_export.csv"
_KLAVIYO = DATA / "platform_exports/klaviyo/list_members_export.csv"
_HOUSEHOLDS = DATA / "complete_journey/demographics.csv"


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    made = Loaded()
    reports = made.load("customers", _MAILCHIMP, _KLAVIYO, _HOUSEHOLDS).files
    assert [(r.layout, *counts(r)) for r in reports] == [
        ("Mailchimp audience export", 65, 65, 0, 0),
        ("Klaviyo list export", 126, 126, 0, 0),
        ("customers, one row each", 801, 801, 0, 0),
    ]
    assert reports[1].notes == ("65 permissions have no date: they are known to exist, not since when.",)
    made.resolve()
    return made


def test_members_of_both_lists_are_one_customer(loaded: Loaded) -> None:
    assert loaded.row("SELECT count(*), count(email) FROM customers") == (126 + 801, 126)


def test_mailchimp_says_since_when_and_how_permission_was_given(loaded: Loaded) -> None:
    query = "SELECT count(*), min(occurred_at)::TEXT, any_value(status) FROM consents WHERE is_dated AND method = 'double_opt_in'"
    assert loaded.row(query) == (65, "2010-12-01 13:04:00", "granted")


def test_klaviyo_says_that_permission_exists_but_not_since_when(loaded: Loaded) -> None:
    query = "SELECT count(*), any_value(status), any_value(method) FROM consents WHERE NOT is_dated"
    assert loaded.row(query) == (65, "granted", "import")
    never = "SELECT count(*) FROM customers ANTI JOIN consents USING (customer_id) WHERE email IS NOT NULL"
    assert loaded.row(never) == (61,)


def test_countries_are_codes(loaded: Loaded) -> None:
    assert {r[0] for r in loaded.rows("SELECT DISTINCT country FROM customers WHERE country IS NOT NULL")} == {"AT", "CH", "DE"}


def test_everything_else_that_is_said_of_a_household_is_a_trait(loaded: Loaded) -> None:
    query = "SELECT json_extract_string(traits, ['$.age', '$.kids_count', '$.household_comp']) FROM customers WHERE customer_number = '1'"
    assert loaded.row(query) == (["65+", "0", "2 Adults No Kids"],)


@pytest.mark.parametrize("source", ["mailchimp", "klaviyo"])
def test_each_list_is_a_source_of_its_own_too(source: str) -> None:
    made = Loaded()
    assert made.one(source, _MAILCHIMP if source == "mailchimp" else _KLAVIYO).refused == 0


def test_an_unsubscribed_member_took_the_permission_back(tmp_path: Path) -> None:
    file = tmp_path / "unsubscribed.csv"
    file.write_text(
        "Email Address,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,UNSUB_TIME,LEID\n"
        "a@example.com,2,2020-01-01 10:00:00,,2021-01-01 10:00:00,1\n"
        "b@example.com,2,,,2021-01-01 10:00:00,2\n",
        encoding="utf-8",
    )
    made = Loaded()
    made.one("customers", file)
    made.resolve()
    query = "SELECT email, status, year(occurred_at), method FROM consents JOIN customers USING (customer_id) ORDER BY 1, 3"
    assert made.rows(query) == [
        ("a@example.com", "granted", 2020, "import"),
        ("a@example.com", "withdrawn", 2021, "unsubscribe"),
        ("b@example.com", "withdrawn", 2021, "unsubscribe"),
    ]


def test_a_plain_list_is_recognised_by_usual_headers(tmp_path: Path) -> None:
    file = tmp_path / "kunden.csv"
    file.write_text(
        "Customer ID;E-Mail;Vorname;Nachname;Geschlecht;Sex;Date of birth;Country;Newsletter;Opt-in date;Favourite colour\n"
        "17;Ada@Example.com;Ada;Müller;;Frau;1985-12-10;Österreich;yes;;blue\n"
        "18;;Bo;;;m;;Narnia;no;;\n"
        "19;c@example.com;;;;;;de;;2024-05-01;\n",
        encoding="utf-8",
    )
    made = Loaded()
    assert counts(made.one("customers", file)) == (3, 3, 0, 0)
    made.resolve()
    query = "SELECT customer_number, email, first_name, last_name, gender, birth_on::TEXT, country, traits FROM customers ORDER BY 1"
    assert made.rows(query) == [
        ("17", "ada@example.com", "Ada", "Müller", "female", "1985-12-10", "AT", '{"Favourite colour": "blue"}'),
        ("18", None, "Bo", None, "male", None, "Narnia", None),
        ("19", "c@example.com", None, None, None, None, "DE", None),
    ]
    given = "SELECT customer_number, status, is_dated FROM consents JOIN customers USING (customer_id) ORDER BY 1"
    assert made.rows(given) == [("17", "granted", False), ("18", "denied", False), ("19", "granted", True)]


def test_a_person_without_any_identifier_is_refused_with_all_problems(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("customer_id,email,birthday\n,nobody,31.02.\n7,,\n", encoding="utf-8")
    report = Loaded().one("customers", file)
    assert counts(report) == (2, 1, 0, 1)
    assert problems(report) == [
        "people.csv, line 2, column 'birthday': found '31.02.', expected a date such as 2011-12-10",
        "people.csv, line 2, column 'customer_id': expected a customer number, an e-mail address or a phone number",
    ]


def test_a_file_without_people_is_not_taken_for_a_list_of_customers(tmp_path: Path) -> None:
    file = tmp_path / "stock.csv"
    file.write_text("sku,stock\nA,3\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"stock\.csv is not recognised"):
        Loaded().one("customers", file)


def test_a_later_version_of_a_person_wins_whatever_the_order(tmp_path: Path) -> None:
    header = "customer_id,city,updated_at\n"
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    old.write_text(header + "7,Bonn,2024-01-01\n", encoding="utf-8")
    new.write_text(header + "7,Berlin,2024-02-01\n", encoding="utf-8")
    for order in ((old, new), (new, old)):
        made = Loaded()
        for file in order:
            made.one("customers", file)
        made.resolve()
        assert made.rows("SELECT city FROM customers") == [("Berlin",)]
