from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from patron.features.groups import NAMES
from patron.library.entries import library
from patron.library.files import segment_files
from patron.testing.answers import answers
from patron.testing.sample_shop import names, sample_facts, sample_shop

if TYPE_CHECKING:
    from patron.testing.answers import Answers

GOLDEN = tomllib.loads((Path(__file__).parents[1] / "golden" / "library_members.toml").read_text(encoding="utf-8"))
SLUGS = [slug for slug, _ in segment_files()]
NAMED = names()
EVERYBODY = frozenset(NAMED.values())


def members(found: Answers, slug: str) -> list[str]:
    return sorted(NAMED[customer] for customer in found.members[slug])


def test_every_segment_has_golden_members_and_no_other_is_listed() -> None:
    assert sorted(GOLDEN) == SLUGS


@pytest.mark.parametrize("slug", SLUGS)
def test_members_are_those_worked_out_by_hand(slug: str, sample: Answers) -> None:
    assert members(sample, slug) == sorted(GOLDEN[slug])


@pytest.mark.parametrize("slug", SLUGS)
def test_each_segment_holds_somebody_and_leaves_somebody_out(slug: str) -> None:
    assert set() < set(GOLDEN[slug]) < EVERYBODY


def test_everybody_is_in_some_segment_of_behaviour() -> None:
    """Each person of the sample shop was made to show something beyond stage, group and country."""
    plain = ("stage_", "rfm_", "local_", "international_", "revenue_")
    shown = {name for slug, found in GOLDEN.items() if not slug.startswith(plain) for name in found}
    assert shown == EVERYBODY


def test_stages_divide_everybody(sample: Answers) -> None:
    stages = [members(sample, f"stage_{s}") for s in ("acquisition", "onboarding", "retention", "loyalty")]
    assert sorted(name for found in stages for name in found) == sorted(EVERYBODY)


def test_rfm_groups_divide_customers_with_an_order(sample: Answers) -> None:
    groups = [members(sample, f"rfm_{group}") for group in NAMES]
    assert sorted(name for found in groups for name in found) == sorted(EVERYBODY - set(members(sample, "prospects")))


def test_nothing_waits_when_all_facts_are_there(sample: Answers) -> None:
    assert sample.plan.waiting == {}


def test_segments_whose_facts_are_unknown_wait(orders_only: Answers) -> None:
    waiting = orders_only.plan.waiting
    assert waiting["abandoned_cart_valuable"] == ("events",)
    assert waiting["silent_subscribers"] == ("consents", "messages")
    assert waiting["brand_ambassadors"] == ("reviews",)
    assert waiting["negative_experience"] == ("reviews", "tickets")
    assert waiting["coupon_redeemers"] == ("redemptions",)


def test_segments_of_orders_have_the_same_members_without_other_facts(sample: Answers, orders_only: Answers) -> None:
    lists = {"hand_picked", "hand_picked_and_due"}
    ready = [slug for slug in SLUGS if slug not in orders_only.plan.waiting and slug not in lists]
    assert len(ready) >= 50
    assert {slug: orders_only.members[slug] for slug in ready} == {slug: sample.members[slug] for slug in ready}


def test_one_of_two_ways_into_a_segment_is_enough() -> None:
    """Without tickets, a bad review still counts."""
    without = frozenset({"tickets"})
    found = answers(sample_shop(without=without), sample_facts(without=without), library().only(["negative_experience"]))
    assert found.plan.waiting == {}
    assert members(found, "negative_experience") == ["Walter"]


def test_learned_groups_divide_customers_with_an_order(sample: Answers) -> None:
    groups = [members(sample, slug) for slug in SLUGS if slug.startswith("learned_")]
    assert sorted(name for found in groups for name in found) == sorted(EVERYBODY - set(members(sample, "prospects")))
