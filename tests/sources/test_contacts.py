"""Messages, tickets, redemptions and rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patron.facts.shop import Shop
from patron.kernel.money import Currency
from patron.kernel.time import Calendar
from sources.loaded import DATA, Loaded, counts, problems

if TYPE_CHECKING:
    from pathlib import Path

_REDEEMED = DATA / "complete_journey/coupon_redemptions.csv"
_HOUSEHOLDS = DATA / "complete_journey/demographics.csv"


def _file(folder: Path, text: str, name: str = "file.csv") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_households_that_redeemed_are_found() -> None:
    loaded = Loaded()
    assert counts(loaded.one("redemptions", _REDEEMED, shop=Shop(calendar=Calendar("America/New_York")))) == (2_102, 2_102, 0, 0)
    loaded.one("customers", _HOUSEHOLDS)
    loaded.resolve()
    assert loaded.row("SELECT count(DISTINCT customer_id), count(*), count(DISTINCT campaign_name) FROM redemptions") == (410, 2_102, 26)
    assert loaded.row("SELECT min(redeemed_at)::TEXT FROM redemptions") == ("2017-01-01 05:00:00",)
    known = "SELECT count(DISTINCT customer_id) FROM redemptions JOIN customers USING (customer_id) WHERE traits IS NOT NULL"
    assert (
        loaded.row(known)[0]
        == loaded.row("SELECT count(DISTINCT r.person_id) FROM redemptions r JOIN profiles p ON r.person_id = p.identifier_id")[0]
    )


def test_a_coupon_redeemed_twice_on_a_day_is_two_and_loading_again_adds_none(tmp_path: Path) -> None:
    loaded = Loaded()
    first = _file(tmp_path, "email,code,date\na@example.com,X,2024-01-01\na@example.com,X,2024-01-01\n")
    assert counts(loaded.one("redemptions", first)) == (2, 2, 0, 0)
    again = _file(tmp_path, "email,code,date\na@example.com,X,2024-01-01\nb@example.com,Y,2024-01-02\n,Z,2024-01-02\n", "again.csv")
    report = loaded.one("redemptions", again)
    assert counts(report) == (3, 1, 1, 1)
    assert problems(report) == ["again.csv, line 4, column 'customer_number': expected a customer number or an e-mail address"]


def test_messages_keep_the_first_instant_of_each_receipt(tmp_path: Path) -> None:
    text = (
        "message_id,sent_at,email,campaign,opened_at,clicked_at,channel\n"
        "m1,2024-01-01 10:00,a@example.com,Spring,,2024-01-01 11:00,E-Mail\n"
        "m2,2024-01-01 10:00,b@example.com,Spring,2024-01-01 09:00,,\n"
        "m3,2024-01-01 10:00,,Spring,,,\n"
    )
    loaded = Loaded()
    report = loaded.one("messages", _file(tmp_path, text))
    assert counts(report) == (3, 1, 0, 2)
    assert problems(report) == [
        (
            "file.csv, line 3, column 'sent_at': found '2024-01-01 10:00', "
            "expected an instant before the message was opened, clicked or came back"
        ),
        "file.csv, line 4, column 'customer_number': expected a customer number, an e-mail address or a phone number",
    ]
    loaded.resolve()
    query = "SELECT channel, purpose, campaign_name, hour(opened_at), customer_id IS NOT NULL FROM messages"
    assert loaded.rows(query) == [("email", "marketing", "Spring", 11, True)]


def test_a_message_without_an_id_is_known_again_when_it_was_opened_meanwhile(tmp_path: Path) -> None:
    header = "household_id,sent_at,campaign,opened_at\n"
    loaded = Loaded()
    loaded.one("messages", _file(tmp_path, header + "7,2024-01-01 10:00,Spring,2024-01-02 10:00\n", "later.csv"))
    loaded.one("messages", _file(tmp_path, header + "7,2024-01-01 10:00,Spring,\n", "earlier.csv"))
    assert loaded.rows("SELECT count(*), day(max(opened_at)) FROM messages") == [(1, 2)]


def test_tickets_are_rated_from_one_to_five(tmp_path: Path) -> None:
    text = (
        "ticket_id,created_at,solved_at,requester_email,via,type,satisfaction\n"
        "1,2024-01-01 10:00,2024-01-02 10:00,a@example.com,Email,Return,Good\n"
        "2,2024-01-01 10:00,,a@example.com,chat,,2\n"
        "3,2024-01-03 10:00,2024-01-02 10:00,a@example.com,chat,,9\n"
    )
    loaded = Loaded()
    report = loaded.one("tickets", _file(tmp_path, text))
    assert counts(report) == (3, 2, 0, 1)
    assert problems(report) == [
        "file.csv, line 4, column 'satisfaction': found '9', expected a rating from 1 to 5, or good or bad",
        "file.csv, line 4, column 'solved_at': found '2024-01-02 10:00', expected an instant that is not before it was opened",
    ]
    loaded.resolve()
    query = "SELECT channel, topic, satisfaction, customer_id IS NOT NULL FROM tickets ORDER BY satisfaction"
    assert loaded.rows(query) == [("chat", None, 2.0, True), ("email", "return", 5.0, True)]


def test_rates_hold_from_a_day_on_and_the_newer_file_wins(tmp_path: Path) -> None:
    loaded = Loaded()
    shop = Shop(currency=Currency("EUR"))
    first = _file(tmp_path, "currency,date,rate\nusd,2024-01-01,0.91\nUSD,2024-02-01,0.92\nXXA,2024-01-01,1\nGBP,2024-01-01,-1\n")
    report = loaded.one("rates", first, shop=shop, mapping='[reading]\nexported_at = "2024-03-01"')
    assert counts(report) == (4, 2, 0, 2)
    assert problems(report) == [
        "file.csv, line 4, column 'currency': found 'XXA', expected an ISO 4217 code such as EUR",
        "file.csv, line 5, column 'rate': found '-1', expected a rate above 0; how much of the shop's currency one unit is worth",
    ]
    second = _file(tmp_path, "currency,date,rate\nUSD,2024-02-01,0.93\n", "second.csv")
    assert counts(loaded.one("rates", second, shop=shop, mapping='[reading]\nexported_at = "2024-04-01"')) == (1, 1, 0, 0)
    assert loaded.rows("SELECT currency, starts_on::TEXT, rate FROM rates ORDER BY 2") == [
        ("USD", "2024-01-01", 0.91),
        ("USD", "2024-02-01", 0.93),
    ]
