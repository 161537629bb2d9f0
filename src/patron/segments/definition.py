"""A segment's file: what it is called, what it means to the owner, what to do about it, and whom it holds.

A file is TOML; its name without the ending is the segment's slug. `read` refuses what it does not know, with everything that is wrong.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from patron.kernel.errors import InputError
from patron.kernel.problems import Problem, did_you_mean
from patron.segments.assignment import Axis, Centroids

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SegmentKind = Literal["dynamic", "static", "frozen", "cluster"]
SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
MAX_FILE = 200_000

_TEXTS = ("name", "meaning", "why", "advice", "where", "kind", "list_name", "members_file")
_LISTS = ("seeds", "suggest")
_KEYS = (*_TEXTS, *_LISTS, "cluster")
_NEEDED: Mapping[SegmentKind, tuple[str, ...]] = {
    "dynamic": ("where",), "static": (), "frozen": (), "cluster": ("cluster",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Definition:
    """A segment as it was written.

    Attributes:
        slug: its name in conditions, files and addresses.
        name: its name for people.
        meaning: whom it holds, in a sentence.
        why: why it matters.
        advice: what to do.
        where: the condition of a dynamic segment.
        seeds: ids of the capabilities it serves.
        suggest: journeys and other definitions that go with it.
        kind: dynamic (a condition), static (an uploaded list), frozen (members stored at an instant), cluster (learned).
        list_name: the list that holds the members of a static or frozen segment.
        members_file: a file of members to be loaded into that list.
        centroids: the learned centres of a cluster segment.
        number: which of the centres it is, from 0.
        file: where it stands, for messages.
    """

    slug: str
    name: str = ""
    meaning: str = ""
    why: str = ""
    advice: str = ""
    where: str = ""
    seeds: tuple[str, ...] = ()
    suggest: tuple[str, ...] = ()
    kind: SegmentKind = "dynamic"
    list_name: str = ""
    members_file: str = ""
    centroids: Centroids | None = None
    number: int = 0
    file: str = ""


def condition_of(text: str, *, slug: str = "preview", where: str = "condition") -> Definition:
    """A definition that is only a condition, for a preview."""
    return Definition(slug, name=text.strip(), where=text, file=where)


def read(text: str, *, slug: str, where: str) -> Definition:
    """The definition in a file.

    Args:
        text: TOML.
        slug: the file's name without its ending.
        where: the file, for messages.

    Raises:
        InputError: with everything that is wrong in the file. The condition's own words are checked by `check.checked`.
    """
    problems: list[Problem] = []
    if not SLUG.fullmatch(slug):
        problems.append(Problem(where, slug, "a file name of small letters, digits, - and _, such as at_risk.toml"))
    table = _table(text, where, problems)
    definition = None if table is None else _definition(table, slug, where, problems)
    if definition is None or problems:
        raise InputError("The segment cannot be used.", problems)
    return definition


def read_all(files: Mapping[str, str]) -> tuple[Definition, ...]:
    """The definitions in several files, by slug.

    Args:
        files: the text of each file by its path or name; the slug is the last part without its ending.

    Raises:
        InputError: with everything that is wrong in any of them.
    """
    found: list[Definition] = []
    problems: list[Problem] = []
    for path, text in sorted(files.items()):
        slug = path.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".toml")
        try:
            found.append(read(text, slug=slug, where=path))
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError("Some segments cannot be used.", problems)
    return tuple(found)


def to_toml(definition: Definition) -> str:
    """The definition as a file; `read` gives it back."""
    lines = [f"{key} = {_text(getattr(definition, key))}" for key in _TEXTS if getattr(definition, key) and key != "kind"]
    if definition.kind != "dynamic":
        lines.append(f"kind = {_text(definition.kind)}")
    lines += [f"{key} = [{', '.join(_text(t) for t in getattr(definition, key))}]" for key in _LISTS if getattr(definition, key)]
    if definition.centroids is not None:
        lines += ["", *_cluster_lines(definition.centroids, definition.number)]
    return "\n".join(lines) + "\n"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _cluster_lines(centroids: Centroids, number: int) -> Iterable[str]:
    yield "[cluster]"
    yield f"number = {number}"
    yield "# The typical value and spread of each feature, and the centres in units of the spread."
    yield f"points = [{', '.join('[' + ', '.join(repr(c) for c in p) + ']' for p in centroids.points)}]"
    for axis in centroids.axes:
        yield ""
        yield "[[cluster.axes]]"
        yield f"feature = {_text(axis.feature)}"
        yield f"is_log = {str(axis.is_log).lower()}"
        yield f"centre = {axis.centre!r}"
        yield f"spread = {axis.spread!r}"
        yield f"limit = {axis.limit!r}"


# Reading ----------------------------------------------------------------------------------------------------------------------------


def _table(text: str, where: str, problems: list[Problem]) -> dict[str, object] | None:
    if len(text) > MAX_FILE:
        problems.append(Problem(where, f"{len(text)} characters", f"a file of at most {MAX_FILE}"))
        return None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problems.append(Problem(where, "", f"a TOML file: {error}", 'text stands in quotes, as in where = "order_count >= 3"'))
    except RecursionError:
        problems.append(Problem(where, "", "a TOML file that is not nested so deeply"))
    return None


def _definition(table: Mapping[str, object], slug: str, where: str, problems: list[Problem]) -> Definition | None:
    known = ", ".join(_KEYS)
    problems.extend(Problem(f"{where}, {key}", "", f"one of {known}", did_you_mean(key, _KEYS)) for key in table if key not in _KEYS)
    texts = {key: _read_text(table, key, where, problems) for key in _TEXTS}
    lists = {key: _read_texts(table, key, where, problems) for key in _LISTS}
    kind = next((k for k in get_args(SegmentKind) if k == (texts["kind"] or "dynamic")), None)
    if kind is None:
        kinds = get_args(SegmentKind)
        problems.append(Problem(f"{where}, kind", texts["kind"], f"one of {', '.join(kinds)}", did_you_mean(texts["kind"], kinds)))
        return None
    problems.extend(
        Problem(f"{where}, {key}", "", f"a {key} for a {kind} segment")
        for key in ("name", *_NEEDED[kind])
        if key not in table or (key in _TEXTS and isinstance(table[key], str) and not texts[key].strip())
    )
    _refuse_foreign(table, kind, where, problems)
    centroids, number = _read_cluster(table.get("cluster"), where, problems)
    texts.pop("kind")
    if kind in ("static", "frozen"):
        texts["list_name"] = texts["list_name"] or slug
    return Definition(
        slug, kind=kind, centroids=centroids, number=number, file=where,
        name=texts["name"], meaning=texts["meaning"], why=texts["why"], advice=texts["advice"], where=texts["where"],
        list_name=texts["list_name"], members_file=texts["members_file"], seeds=lists["seeds"], suggest=lists["suggest"],
    )  # fmt: skip


def _refuse_foreign(table: Mapping[str, object], kind: SegmentKind, where: str, problems: list[Problem]) -> None:
    """A key that another kind of segment has is a mistake: it would be silently without effect."""
    own = {"dynamic": {"where"}, "static": {"list_name", "members_file"}, "frozen": {"list_name"}, "cluster": {"cluster"}}
    for key in {"where", "list_name", "members_file", "cluster"} - own[kind]:
        if key in table:
            kinds = [k for k, keys in own.items() if key in keys]
            hint = f'add kind = "{kinds[0]}"' if kinds != ["dynamic"] else 'a condition belongs to kind = "dynamic"'
            problems.append(Problem(f"{where}, {key}", "", f"no {key} in a {kind} segment", hint))


def _read_text(table: Mapping[str, object], key: str, where: str, problems: list[Problem]) -> str:
    value = table.get(key, "")
    if isinstance(value, str):
        return value
    problems.append(Problem(f"{where}, {key}", str(value)[:60], "text in quotes"))
    return ""


def _read_texts(table: Mapping[str, object], key: str, where: str, problems: list[Problem]) -> tuple[str, ...]:
    value = table.get(key, [])
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    problems.append(Problem(f"{where}, {key}", str(value)[:60], 'a list of texts such as ["000-40", "001-32"]'))
    return ()


def _read_cluster(table: object, where: str, problems: list[Problem]) -> tuple[Centroids | None, int]:
    if table is None:
        return None, 0
    place = f"{where}, cluster"
    match table:
        case {"number": int(number), "points": list(points), "axes": list(axes), **rest} if not rest:
            read_axes = [_read_axis(axis, f"{place}.axes", problems) for axis in axes]
            found = [axis for axis in read_axes if axis is not None]
            fits = all(isinstance(p, list) and len(p) == len(axes) and all(_is_number(c) for c in p) for p in points)
            if fits and points and axes and 0 <= number < len(points) <= 50 and len(found) == len(axes) <= 50:
                return Centroids(tuple(found), tuple(tuple(float(c) for c in p) for p in points)), number
            problems.append(Problem(place, "", "points with one number per axis, and the number of one of them", "at most 50 of each"))
        case _:
            problems.append(Problem(place, "", "number, points and axes, as they were written when the clusters were learned"))
    return None, 0


def _read_axis(table: object, where: str, problems: list[Problem]) -> Axis | None:
    match table:
        case {"feature": str(feature), "is_log": bool(is_log), "centre": centre, "spread": spread, "limit": limit, **rest} if not rest:
            if _is_number(centre) and _is_number(spread) and _is_number(limit) and spread > 0 and limit > 0:
                return Axis(feature, is_log, float(centre), float(spread), float(limit))
    problems.append(Problem(where, "", "feature, is_log, centre, a spread above 0 and a limit above 0"))
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300
