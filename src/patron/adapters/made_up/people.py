"""The people of a made-up shop: when they come, how often they buy, when they leave, who they are, how they can be reached."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from patron.adapters.made_up.dice import instant, member, named, pick, text
from patron.adapters.made_up.plan import CATEGORIES, DAY, DAYS, YEAR

if TYPE_CHECKING:
    from patron.adapters.made_up.plan import Plan

_GROWTH = (0.6, 0.4)  # arrivals up to a share t of the time: 0.6 t + 0.4 t², so that the shop grows
_SEASON = 0.4  # arrivals and orders swing by this share over the year
_FIRST_SEEN = instant("seen - 900000")  # the visit in which a person is first met begins before that moment
_PLACES = (
    ("GB", "England", "London", "E1 6AN", "en"), ("GB", "England", "Manchester", "M1 1AE", "en"), ("GB", "Scotland", "Glasgow", "G1 1XQ",
    "en"),
    ("DE", "Berlin", "Berlin", "10115", "de"), ("DE", "Bayern", "München", "80331", "de"), ("DE", "Hamburg", "Hamburg", "20095", "de"),
    ("FR", "Île-de-France", "Paris", "75001", "fr"), ("FR", "Rhône", "Lyon", "69001", "fr"),
    ("US", "NY", "New York", "10001", "en"), ("US", "CA", "Los Angeles", "90001", "en"), ("US", "TX", "Austin", "73301", "en"),
    ("CZ", "Praha", "Praha", "110 00", "cs"), ("CZ", "Jihomoravský", "Brno", "602 00", "cs"), ("PL", "Mazowieckie", "Warszawa", "00-001",
    "pl"),
    ("NL", "Noord-Holland", "Amsterdam", "1012", "nl"), ("ES", "Madrid", "Madrid", "28001", "es"), ("IT", "Lazio", "Roma", "00118", "it"),
    ("AU", "NSW", "Sydney", "2000", "en"), ("AU", "VIC", "Melbourne", "3000", "en"), ("BR", "SP", "São Paulo", "01000-000", "pt"),
    ("SG", "", "Singapore", "018956", "en"), ("JP", "Tokyo", "Tokyo", "100-0001", "ja"), ("CA", "ON", "Toronto", "M5H 2N2", "en"),
)  # fmt: skip
_FEMALE = ("Anna", "Maria", "Emma", "Olivia", "Sofia", "Julia", "Eva", "Laura", "Nina", "Clara", "Ida", "Hana", "Zoe", "Lucy", "Marta")
_MALE = ("James", "Peter", "Jan", "Thomas", "Paul", "David", "Luca", "Mark", "Adam", "Felix", "Oscar", "Hugo", "Leo", "Max", "Ivan")
_FAMILY = (
    "Smith", "Novak", "Müller", "Rossi", "Garcia", "Dubois", "Kowalski", "Jansen", "Brown", "Wilson", "Taylor", "Meyer", "Silva", "Moreau",
    "Clark", "Fischer", "Weber", "Walker", "Hall", "Young", "King", "Wright", "Green", "Baker",
)  # fmt: skip


def persons(plan: Plan) -> str:
    """Makes `_person`: one row per person in the order they come, with the traits that later draws follow.

    `seen`, `ordered` (null for those who never order) and `gone` are milliseconds; `raw` is the unscaled number of repeat orders to
    expect and `raw_visits` that of visits.
    """
    d = plan.dice
    seen = _arrivals(plan)
    waits = f"CASE WHEN {d.chance('at once', 0.6, 'i')} THEN 0 ELSE floor({d.exponential('first order', 'i')} * {25 * DAY})::BIGINT END"
    stays = f"floor({d.exponential('stays', 'i')} * (0.25 + 1.5 * {d.uniform('loyal', 'i')}) * {700 * DAY})::BIGINT"
    number = "'C' || (100000 + i)"
    return f"""
        CREATE OR REPLACE TEMP TABLE _person AS
        WITH seen AS ({seen}),
        first AS (
            SELECT *, CASE WHEN {d.chance("ever orders", 0.77, "i")} THEN seen + {waits} END AS drawn,
                   CASE WHEN {d.chance("one order only", 0.3, "i")} THEN 0 ELSE {stays} END AS stays
            FROM seen),
        alive AS (
            SELECT i, seen, stays, CASE WHEN drawn < {plan.end} THEN drawn END AS ordered FROM first),
        gone AS (
            SELECT i, seen, ordered, least({plan.end}, ordered + stays) AS gone,
                   least({plan.end}, coalesce(ordered + stays, seen) + floor({d.exponential("looks", "i")} * {120 * DAY})::BIGINT)
                       AS looks_until
            FROM alive)
        SELECT i, seen, ordered, gone, looks_until, {number} AS number, 'user' || (100000 + i) || '@example.com' AS email,
               {named("'customer_number'", "'shop'", number)} AS customer_id,
               {named("'email'", "''", "sha256('user' || (100000 + i) || '@example.com')")} AS email_id,
               {named("'anonymous_id'", "'shop'", "'a' || (100000 + i)")} AS visitor_id,
               least({d.power("rate", 2.2, "i")}, 60) * (gone - ordered) / {YEAR!r} AS raw,
               least(0.4 + {d.power("visits", 1.8, "i")}, 400) * (looks_until - seen) / {YEAR!r}
                   * CASE WHEN ordered IS NULL THEN 1 ELSE 2 END AS raw_visits,
               {_place(plan)} AS place, 1 + 3 * {d.uniform("basket", "i")} AS basket,
               floor({len(CATEGORIES)} * pow({d.uniform("taste", "i")}, 1.5))::BIGINT AS taste,
               {d.chance("regular", 0.25, "i")} AS is_regular, {d.chance("coupons", 0.15, "i")} AS likes_coupons,
               {d.chance("launches", 0.08, "i")} AS likes_launches, {d.chance("returns", 0.05, "i")} AS returns_often,
               {d.chance("wholesale", 0.02, "i")} AS is_wholesale,
               {d.uniform("acquired", "i")} AS acquired, pow({d.uniform("engaged", "i")}, 2) AS engaged,
               {d.uniform("e-mail consent", "i")} < 0.68 AS is_subscribed,
               CASE WHEN {d.chance("unsubscribes", 0.2, "i")} THEN seen + floor({d.exponential("until", "i")} * {400 * DAY})::BIGINT
                    ELSE {plan.end + DAY} END AS subscribed_until
        FROM gone"""


def _arrivals(plan: Plan) -> str:
    even, curve = _GROWTH
    turn = 2 * math.pi * DAYS * DAY / YEAR
    phase = -turn * (plan.season - plan.start) / (DAYS * DAY)
    place = f"(i + {plan.dice.uniform('arrives', 'i')}) / {plan.customers}"
    return f"""
        SELECT i, {plan.start} + floor({DAYS * DAY} * (t - {_SEASON} * (sin({turn!r} * t + {phase!r}) - {math.sin(phase)!r}) / {turn!r}
                  + {_SEASON} * (sin({turn + phase!r}) - {math.sin(phase)!r}) / {turn!r} * t))::BIGINT AS seen
        FROM (SELECT i, (sqrt({even**2!r} + {4 * curve!r} * {place}) - {even!r}) / {2 * curve!r} AS t
              FROM range({plan.customers}) AS people(i))"""


def season(plan: Plan, at: str) -> str:
    """How busy a time of the year and week is, 1 on average; `at` is in milliseconds."""
    year = f"(1 + {_SEASON} * cos({2 * math.pi / YEAR!r} * ({at} - {plan.season})))"
    return f"({year} * CASE WHEN ({at} // {DAY}) % 7 IN (2, 3) THEN 1.2 ELSE 0.92 END)"  # 1970 began on a Thursday


def places(plan: Plan) -> str:
    """Makes `_place`: where people live, the shop's home first."""
    listed = ", ".join(f"({k}, {', '.join(text(v) for v in p)})" for k, p in enumerate(_places(plan)))
    return f"""
        CREATE OR REPLACE TEMP TABLE _place AS
        SELECT place::TINYINT AS place, country, nullif(region, '') AS region, city, postal_code, language
        FROM (VALUES {listed}) AS every(place, country, region, city, postal_code, language)"""


def _places(plan: Plan) -> list[tuple[str, ...]]:
    return sorted(_PLACES, key=lambda place: place[0] != plan.home)


def _place(plan: Plan) -> str:
    d = plan.dice
    home = sum(place[0] == plan.home for place in _PLACES)
    far = f"{home} + {d.whole('place', len(_PLACES) - home, 'i')}"
    return f"(CASE WHEN {d.chance('home', 0.72, 'i')} THEN {d.whole('place', home, 'i')} ELSE {far} END)::TINYINT"


def profiles(plan: Plan) -> str:
    """The rows of `facts.PROFILES`, in the order people came."""
    d = plan.dice
    sex = pick("sex", {"'female'": 0.45, "'male'": 0.28, "'other'": 0.01, "NULL": 0.0})
    born = f"DATE '1945-01-01' + {d.whole('born', 22_000, 'i')}::INTEGER"
    female, male = member(d.whole("given", 97, "i"), _FEMALE), member(d.whole("given", 97, "i"), _MALE)
    return f"""
        SELECT {named("'profile/made_up/'", "customer_id::VARCHAR")} AS profile_id, customer_id AS identifier_id,
               {instant("seen")} AS updated_at, number AS customer_number, {instant("seen")} AS created_at, email,
               CASE WHEN sex < 0.55 THEN {female} ELSE {male} END AS first_name,
               {member(d.whole("family", 97, "i"), _FAMILY)} AS last_name, {sex} AS gender,
               CASE WHEN {d.chance("tells birthday", 0.55, "i")} THEN {born} END AS birth_on,
               country, region, city, postal_code, language,
               CASE WHEN is_wholesale THEN 'wholesale' END AS tags, 'made_up' AS source, {plan.learned} AS received_at
        FROM (SELECT *, {d.uniform("sex", "i")} AS sex FROM _person) AS person JOIN _place USING (place)
        ORDER BY i"""


def customers() -> str:
    """The rows of `facts.CUSTOMERS`: a person each, known by one profile."""
    return """
        SELECT identifier_id AS customer_id, created_at - INTERVAL 15 MINUTE AS first_seen_at,
               * EXCLUDE (profile_id, identifier_id, updated_at) FROM profiles"""


def identifiers(plan: Plan) -> str:
    """The rows of `facts.IDENTIFIERS`: three to a person."""
    rows = (
        ("customer_id", "'customer_number'", "'shop'", "number", 3),
        ("email_id", "'email'", "''", "sha256(email)", 3),
        ("visitor_id", "'anonymous_id'", "'shop'", "'a' || (100000 + i)", 1),
    )
    return " UNION ALL ".join(
        f"SELECT {key} AS identifier_id, {kind} AS kind, {scope} AS scope, {value} AS value, {strength} AS strength, "
        f"{_FIRST_SEEN} AS first_seen_at, 'made_up' AS source, {plan.learned} AS received_at FROM _person"
        for key, kind, scope, value, strength in rows
    )


def links(plan: Plan) -> str:
    """The rows of `facts.LINKS`: the e-mail address and the browser of a person, each first seen with the customer number."""
    pair = ("least(customer_id, other)", "greatest(customer_id, other)")
    link = named("'link'", *(f"{end}::VARCHAR" for end in pair))
    return " UNION ALL ".join(
        f"SELECT {link} AS link_id, {pair[0]} AS left_id, {pair[1]} AS right_id, {_FIRST_SEEN} AS observed_at, "
        f"'made_up' AS source, {plan.learned} AS received_at FROM (SELECT *, {other} AS other FROM _person)"
        for other in ("email_id", "visitor_id")
    )


def identities() -> str:
    """The rows of `facts.IDENTITIES`: all of a person's identifiers point at the customer."""
    return " UNION ALL ".join(
        f"SELECT {key} AS identifier_id, customer_id FROM _person" for key in ("customer_id", "email_id", "visitor_id")
    )


def consents(plan: Plan) -> str:
    """The rows of `facts.CONSENTS`: most allow e-mail, few anything else, and some take it back."""
    d = plan.dice
    given = f"CASE WHEN {d.chance('double', 0.5, 'i')} THEN 'double_opt_in' ELSE 'form' END"
    changes = [
        ("email", "granted", "seen", given, "is_subscribed"),
        ("email", "withdrawn", "subscribed_until", "'unsubscribe_link'", f"is_subscribed AND subscribed_until < {plan.end}"),
        ("email", "denied", "seen", "'form'", f"NOT is_subscribed AND {d.chance('refuses', 0.3, 'i')}"),
        ("sms", "granted", "seen", "'form'", d.chance("sms", 0.15, "i")),
        ("push", "granted", "seen", "'app'", d.chance("push", 0.1, "i")),
        ("whatsapp", "granted", "seen", "'form'", d.chance("whatsapp", 0.04, "i")),
    ]
    union = " UNION ALL ".join(
        f"SELECT i, '{channel}' AS channel, '{status}' AS status, {at} AS since, {method} AS method FROM _person WHERE {condition}"
        for channel, status, at, method, condition in changes
    )
    return f"""
        SELECT {named("email_id::VARCHAR", "channel", "'marketing'", "status", "since::VARCHAR")} AS consent_id, customer_id,
               email_id AS person_id, channel, 'marketing' AS purpose, status, {instant("since")} AS occurred_at, true AS is_dated, method,
               'made_up' AS source, {plan.learned} AS received_at
        FROM ({union}) AS changes JOIN _person USING (i) ORDER BY since, i, channel"""
