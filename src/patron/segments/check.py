"""All definitions together: read, checked against the catalog and each other, and put in an order in which each can be worked out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from patron.kernel.errors import InputError, InvariantError
from patron.kernel.problems import Problem, did_you_mean
from patron.segments import tree as t
from patron.segments.bounds import warned
from patron.segments.grammar import Source
from patron.segments.kinds import Vocabulary, meant
from patron.segments.language import read

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from patron.features.feature import Feature
    from patron.segments.definition import Definition

MAX_TERMS = 50


@dataclass(frozen=True, slots=True)
class Checked:
    """Definitions without a problem.

    Attributes:
        definitions: in an order in which each comes after those it refers to.
        conditions: the condition of each.
        users: for each, the segments that refer to it: it cannot be deleted while there are any.
        warnings: conditions that nobody can meet, or that everybody does.
    """

    definitions: tuple[Definition, ...]
    conditions: Mapping[str, t.Condition]
    users: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    warnings: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)

    @property
    def slugs(self) -> tuple[str, ...]:
        """All segments, each after those it refers to."""
        return tuple(definition.slug for definition in self.definitions)

    @property
    def by_slug(self) -> dict[str, Definition]:
        """The definitions by slug, in the same order."""
        return {definition.slug: definition for definition in self.definitions}

    def only(self, slugs: Iterable[str]) -> Checked:
        """These segments and those they refer to.

        Raises:
            InputError: there is no such segment.
        """
        wanted = list(slugs)
        unknown = [s for s in wanted if s not in self.conditions]
        if unknown:
            problems = [Problem("segment", s, "a segment of this project", did_you_mean(s, self.conditions)) for s in unknown]
            raise InputError("There is no such segment.", problems)
        kept: set[str] = set()
        while wanted:
            slug = wanted.pop()
            if slug not in kept:
                kept.add(slug)
                wanted.extend(referred(self.conditions[slug]))
        return Checked(
            tuple(d for d in self.definitions if d.slug in kept),
            {s: c for s, c in self.conditions.items() if s in kept},
            {s: u for s, u in self.users.items() if s in kept},
            {s: w for s, w in self.warnings.items() if s in kept},
        )


def referred(condition: t.Condition) -> tuple[str, ...]:
    """The segments whose members a condition asks for."""
    return tuple(dict.fromkeys(leaf.slug for leaf in t.leaves(condition) if isinstance(leaf, t.InSegment)))


def checked(definitions: Iterable[Definition], catalog: Mapping[str, Feature], *, lists: Collection[str] | None = None) -> Checked:
    """The definitions, once nothing is wrong with any of them.

    Args:
        definitions: all of them.
        catalog: features by name.
        lists: names of the static lists that are loaded; None when any name will do. Lists of the definitions count too.

    Raises:
        InputError: with every problem of every definition.
    """
    problems: list[Problem] = []
    by_slug: dict[str, Definition] = {}
    for definition in definitions:
        if definition.slug in by_slug:
            problems.append(Problem(definition.file, definition.slug, "a name of its own", f"{by_slug[definition.slug].file} has it too"))
        by_slug[definition.slug] = definition
    known = None if lists is None else {*lists, *(d.list_name for d in by_slug.values() if d.list_name)}
    vocabulary = Vocabulary(catalog, by_slug, known)
    conditions: dict[str, t.Condition] = {}
    warnings: dict[str, tuple[Problem, ...]] = {}
    for slug, definition in by_slug.items():
        source = Source(definition.where, f"{definition.file}, where" if definition.file.endswith(".toml") else definition.file)
        condition, found = _condition(definition, vocabulary, source)
        problems.extend(found)
        if condition is not None:
            conditions[slug] = condition
            if not found:
                warnings[slug] = warned(condition, catalog, source)
    order = _ordered(by_slug, conditions, problems)
    if problems:
        is_alone = all(not problem.where.partition(",")[0].endswith(".toml") for problem in problems)
        raise InputError("The condition cannot be used." if is_alone else "Some segments cannot be used.", problems)
    return Checked(
        tuple(by_slug[slug] for slug in order),
        {slug: conditions[slug] for slug in order},
        _users(conditions),
        {slug: found for slug, found in warnings.items() if found},
    )


def _condition(definition: Definition, vocabulary: Vocabulary, source: Source) -> tuple[t.Condition | None, tuple[Problem, ...]]:
    match definition.kind:
        case "static" | "frozen":
            return t.InList(definition.list_name or definition.slug), ()
        case "cluster":
            if definition.centroids is None:
                raise InvariantError(f"The cluster {definition.slug} was read without its centres.")
            return meant(t.InCluster(definition.centroids, definition.number), vocabulary, source)
        case "dynamic":
            condition, problems = read(definition.where, where=source.where)
            if condition is None:
                return None, problems
            count = len(t.terms(condition))
            if count > MAX_TERMS:
                hint = "put a part into its own segment"
                problem = Problem(source.where, str(count), f"at most {MAX_TERMS} different questions about events and lists", hint)
                return None, (problem,)
            return meant(condition, vocabulary, source)


def _ordered(by_slug: Mapping[str, Definition], conditions: Mapping[str, t.Condition], problems: list[Problem]) -> tuple[str, ...]:
    """Slugs so that each comes after those it refers to; circles are problems, each named once."""
    uses = {slug: [s for s in referred(condition) if s in by_slug] for slug, condition in conditions.items()}
    done: dict[str, None] = {}
    for start in uses:
        path: list[str] = []
        stack: list[tuple[str, bool]] = [(start, False)]
        while stack:
            slug, is_finished = stack.pop()
            if is_finished:
                path.pop()
                done[slug] = None
            elif slug in path:
                _refuse_circle([*path[path.index(slug) :], slug], by_slug, problems)
            elif slug not in done:
                path.append(slug)
                stack.append((slug, True))
                stack.extend((s, False) for s in reversed(uses.get(slug, [])))
    return tuple(done)


def _refuse_circle(circle: list[str], by_slug: Mapping[str, Definition], problems: list[Problem]) -> None:
    if len(circle) == 2:
        problems.append(Problem(by_slug[circle[0]].file, f'in_segment("{circle[0]}")', "no reference of a segment to itself"))
        return
    way = " → ".join(circle)
    problems.append(
        Problem(by_slug[circle[0]].file, way, "segments that do not refer to each other in a circle", "write one of the conditions out")
    )


def _users(conditions: Mapping[str, t.Condition]) -> dict[str, tuple[str, ...]]:
    users: dict[str, list[str]] = {}
    for slug, condition in conditions.items():
        moved = [leaf.slug for leaf in t.leaves(condition) if isinstance(leaf, t.Moved)]
        for used in dict.fromkeys([*referred(condition), *moved]):
            if used != slug:
                users.setdefault(used, []).append(slug)
    return {slug: tuple(found) for slug, found in users.items()}
