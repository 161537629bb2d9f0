from __future__ import annotations

from datetime import datetime
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from patron.identity.merging import Meeting, Member, history

_KINDS = ("customer_number", "email", "phone")


def _day(day: int | None) -> datetime | None:
    return None if day is None else datetime(2024, 1, day)


def _member(number: int, kind: str = "email", born: int | None = 1) -> Member:
    return Member(number, 2 if kind == "phone" else 3, kind, "", _day(born))


def _meeting(left: int, right: int, day: int | None = 5) -> Meeting:
    return Meeting(left * 100 + right, left, right, _day(day), "test")


def test_two_that_were_known_before_they_met_are_a_merge() -> None:
    of, merges = history([_member(1, "customer_number", 1), _member(2, "email", 2)], [_meeting(1, 2)], [])
    assert of == {1: 1, 2: 1}
    assert [(m.from_id, m.into_id) for m in merges] == [(2, 1)]


def test_two_that_came_in_together_are_no_merge() -> None:
    of, merges = history([_member(1, "customer_number", 5), _member(2, "email", 5)], [_meeting(1, 2)], [])
    assert (of, merges) == ({1: 1, 2: 1}, [])


def test_a_meeting_without_a_date_has_always_been_so() -> None:
    assert history([_member(1, "customer_number", 1), _member(2, "email", 2)], [_meeting(1, 2, None)], [])[1] == []


def test_a_phone_number_alone_is_no_customer_that_could_merge() -> None:
    assert history([_member(1, "phone", 1), _member(2, "email", 2)], [_meeting(1, 2)], [])[1] == []


def test_what_is_kept_apart_is_not_joined_through_a_third() -> None:
    members = [_member(n, "email", n) for n in (1, 2, 3)]
    of, merges = history(members, [_meeting(1, 3, 4), _meeting(2, 3, 5)], [(2, 1)])
    assert of == {1: 1, 2: 2, 3: 1}
    assert [(m.from_id, m.into_id) for m in merges] == [(3, 1)]


def test_reasons_name_kinds_and_no_values() -> None:
    (merge,) = history([_member(1), _member(2)], [_meeting(1, 2)], [])[1]
    assert merge.reason == (
        "an e-mail address and an e-mail address were seen on the same record; before, there were two customers, "
        "each with its own e-mail address"
    )


_MEMBERS = st.dictionaries(st.integers(1, 9), st.tuples(st.sampled_from(_KINDS), st.integers(1, 9) | st.none()), min_size=2)
_PAIRS = st.dictionaries(st.sampled_from(list(combinations(range(1, 10), 2))), st.integers(1, 9) | st.none(), max_size=14)


@settings(deadline=None, max_examples=300)
@given(_MEMBERS, _PAIRS, st.lists(st.sampled_from(list(combinations(range(1, 10), 2))), max_size=3), st.randoms(use_true_random=False))
def test_the_order_of_what_is_given_is_irrelevant_and_pairs_stay_apart(
    people: dict[int, tuple[str, int | None]], pairs: dict[tuple[int, int], int | None], apart: list[tuple[int, int]], dice: st.DataObject
) -> None:
    members = [_member(n, kind, born) for n, (kind, born) in people.items()]
    meetings = [_meeting(a, b, day) for (a, b), day in pairs.items() if a in people and b in people]
    of, merges = history(members, meetings, apart)
    for given_list in (members, meetings, apart):
        dice.shuffle(given_list)  # type: ignore[attr-defined]
    assert history(members, meetings, apart) == (of, merges)
    assert all(of[a] != of[b] for a, b in apart if a in of and b in of)
    assert all(of[root] == root for root in of.values())


@settings(deadline=None, max_examples=300)
@given(_MEMBERS, _PAIRS)
def test_every_merge_can_be_taken_back(people: dict[int, tuple[str, int | None]], pairs: dict[tuple[int, int], int | None]) -> None:
    members = [_member(n, kind, born) for n, (kind, born) in people.items()]
    meetings = [_meeting(a, b, day) for (a, b), day in pairs.items() if a in people and b in people]
    of, merges = history(members, meetings, [])
    for merge in merges:
        assert of[merge.from_id] == of[merge.into_id]
        split, _ = history(members, meetings, [(merge.from_id, merge.into_id)])
        assert split[merge.from_id] != split[merge.into_id]
