"""What a page about the library says: each definition with the facts that it needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patron.features.catalog import BUILT_IN
from patron.library.files import segment_files
from patron.segments.check import checked
from patron.segments.definition import read
from patron.segments.waiting import needed

if TYPE_CHECKING:
    from patron.segments.check import Checked
    from patron.segments.definition import SegmentKind


@dataclass(frozen=True, slots=True)
class Entry:
    """One segment of the library.

    Attributes:
        slug: its name in conditions and commands.
        name: its name for people.
        meaning: whom it holds.
        why: why it matters.
        advice: what to do.
        where: the condition; empty for lists and learned groups.
        kind: dynamic, static, frozen or cluster.
        seeds: ids of the capabilities it serves.
        suggest: journeys that go with it.
        needs: fact tables without which it waits; where several will do, all of them.
    """

    slug: str
    name: str
    meaning: str
    why: str
    advice: str
    where: str
    kind: SegmentKind
    seeds: tuple[str, ...]
    suggest: tuple[str, ...]
    needs: tuple[str, ...]


def library() -> Checked:
    """All segments of the library, checked against the features that ship."""
    return checked([read(text, slug=slug, where=f"library/segments/{slug}.toml") for slug, text in segment_files()], BUILT_IN)


def entries() -> tuple[Entry, ...]:
    """Every segment of the library, in the order of the slugs."""
    all_of_them = library()
    _, needs = needed(all_of_them.conditions, BUILT_IN, known=())
    return tuple(
        Entry(
            slug, d.name, d.meaning, d.why, d.advice, d.where.strip(), d.kind, d.seeds, d.suggest, needs.get(slug, ()),
        )
        for slug, d in sorted(all_of_them.by_slug.items())
    )  # fmt: skip
