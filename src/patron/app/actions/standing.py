"""Where one customer stands: features, scores and segments. Sites ask for it with every page, so it reads few rows of kept tables."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING

from patron.app.answers import last_answers
from patron.app.values import as_json, customer_text
from patron.kernel.errors import InputError, NotFoundError
from patron.kernel.problems import Problem, did_you_mean
from patron.kernel.time import iso
from patron.runtime.finding import find_customer, scopes_of
from patron.runtime.latest import Latest
from patron.runtime.memberships import CURRENT, REFRESHES
from patron.runtime.pipeline import FEATURES
from patron.runtime.reached import TICKS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from patron.app.answers import Answers
    from patron.app.project import Project
    from patron.segments.definition import Definition

_RENEWED_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Standing:
    """The features and segments of one customer.

    Attributes:
        as_of: the instant that memberships are exact for.
        features: the ones asked for, as they were when the customer was last looked at.
    """

    customer_id: int
    as_of: datetime
    features: Mapping[str, object]
    segments: tuple[Definition, ...]
    project: Project

    def as_json(self) -> dict[str, object]:
        """For programs."""
        catalog, currency = self.project.definitions.catalog, self.project.shop.currency
        return {
            "customer_id": customer_text(self.customer_id),
            "as_of": iso(self.as_of),
            "features": {k: as_json(catalog[k].kind, v, currency) for k, v in self.features.items()},
            "segments": [{"segment": d.slug, "name": d.name} for d in self.segments],
        }


@dataclass(frozen=True, slots=True)
class Common:
    """What is the same for everybody.

    Attributes:
        answers: the last ones.
        told: the segments that can be told, each with the column of its bit and the bit.
        scopes: within what numbers of customers are unique.
    """

    answers: Answers
    told: tuple[tuple[Definition, str, int], ...]
    scopes: tuple[str, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """The columns of bits."""
        return tuple(column for column in self.answers.bits.columns if column != "customer_id")


class Standings:
    """Standings of one customer after another: what is the same for all is read again after a refresh, and scopes every ten seconds.

    Attributes:
        latest: the answers about whom ticks have looked at last.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self._common: tuple[object, int, Common] | None = None
        self.latest = Latest()

    def of(self, project: Project, name: str, features: Sequence[str] = ()) -> Standing:
        """The standing of a customer.

        Raises:
            NotFoundError: nobody is known by this name.
            InputError: more than one customer is, or a feature is not known; all such problems at once.
        """
        refreshed = max((row["refreshed_at"] for row in project.store.pick(REFRESHES.name, ("refreshed_at",))), default=None)
        state, turn = (refreshed, project.definitions.digest), int(project.clock.now().timestamp()) // _RENEWED_SECONDS
        known = self._common
        if known is None or known[0] != state:
            known = self._common = (state, turn, common_of(project))
        elif known[1] != turn:
            known = self._common = (state, turn, replace(known[2], scopes=scopes_of(project.store)))
        common = known[2]
        ticked = project.store.pick(TICKS.name, ("as_of",))
        as_of = ticked[0]["as_of"].replace(tzinfo=UTC) if ticked and ticked[0]["as_of"] else common.answers.as_of
        return standing(project, common, name, features, as_of=as_of, latest=self.latest)


def common_of(project: Project) -> Common:
    """What is the same for everybody now.

    Raises:
        NotFoundError: nothing was loaded or worked out yet.
    """
    answers = last_answers(project)
    waiting = project.waiting(answers.as_of)
    known = [d for d in project.definitions.segments.definitions if d.slug in answers.slots and d.slug not in waiting]
    told = tuple((d, answers.slots[d.slug].word, answers.slots[d.slug].mask) for d in known)
    return Common(answers, told, scopes_of(project.store))


def standing(  # noqa: PLR0913  # what is asked, and where answers are
    project: Project, common: Common, name: str, features: Sequence[str] = (), *, as_of: datetime, latest: Latest | None = None
) -> Standing:
    """The standing of a customer, with these features or all.

    Args:
        project: in a snapshot of its store.
        common: what is the same for everybody in it.
        name: of the customer.
        features: the ones asked for; all if none is named.
        as_of: the tick that the snapshot shows.
        latest: knows the answers about some.

    Raises:
        NotFoundError: nobody is known by this name.
        InputError: more than one customer is, or a feature is not known; all such problems at once.
    """
    names = feature_names(project, features)
    customer_id = the_customer(project, name, common.scopes)
    asked = {FEATURES: names, CURRENT: common.words}
    found = latest.of(customer_id, as_of, asked) if latest is not None else None
    if found is None:
        found = {table: row for table, columns in asked.items() for row in project.store.pick(table, columns, ("customer_id", customer_id))}
    if FEATURES not in found:
        raise NotFoundError(f"The customer {name} was not known yet as of {as_of:%Y-%m-%d %H:%M} UTC.")
    bits = found.get(CURRENT, {})
    segments = tuple(definition for definition, word, mask in common.told if bits and bits[word] & mask)
    return Standing(customer_id, as_of, found[FEATURES], segments, project)


def the_customer(project: Project, name: str, scopes: Sequence[str] | None = None) -> int:
    """The one customer that a number, e-mail, phone, order number, anonymous id or id points to.

    Raises:
        NotFoundError: nobody is found.
        InputError: more than one customer is.
    """
    found = find_customer(project.store, name, scopes)
    if not found:
        raise NotFoundError(
            f"No customer is known as {name!r}. A customer number, e-mail, phone, order number, anonymous id or cus_ id is looked for."
        )
    if len(found) > 1:
        some = ", ".join(customer_text(c) for c in found[:5])
        raise InputError(f"{len(found)} customers are known as {name!r}: {some}. Name one of them by its id.")
    return found[0]


def feature_names(project: Project, features: Sequence[str]) -> tuple[str, ...]:
    """These features, each once; all that people are offered if none is named.

    Raises:
        InputError: some are not known; all of them are told, each with the nearest.
    """
    known = [f.name for f in project.definitions.catalog.visible()]
    if not features:
        return tuple(known)
    there = frozenset(known)
    problems = [Problem("features", name, "a feature", did_you_mean(name, known)) for name in features if name not in there]
    if problems:
        raise InputError("There are no such features." if len(problems) > 1 else "There is no such feature.", problems)
    return tuple(dict.fromkeys(features))
