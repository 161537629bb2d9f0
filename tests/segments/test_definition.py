# ruff: noqa: ISC004  (messages stand as they are shown)
from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patron.kernel.errors import InputError
from patron.segments.assignment import Axis, Centroids
from patron.segments.definition import Definition, condition_of, read, read_all, to_toml

AT_RISK = """
name = "At risk"
meaning = "Repeat buyers who are silent."
why = "They are worth it."
advice = "Write."
where = "order_count >= 3 and lateness > 2"
seeds = ["000-40", "001-32"]
suggest = ["journeys/win_back"]
"""


def test_a_file_becomes_a_definition() -> None:
    assert read(AT_RISK, slug="at_risk", where="at_risk.toml") == Definition(
        "at_risk",
        name="At risk",
        meaning="Repeat buyers who are silent.",
        why="They are worth it.",
        advice="Write.",
        where="order_count >= 3 and lateness > 2",
        seeds=("000-40", "001-32"),
        suggest=("journeys/win_back",),
        file="at_risk.toml",
    )


def test_a_list_has_the_name_of_its_file_unless_it_says_another() -> None:
    assert read('name = "Fair"\nkind = "static"\nmembers_file = "fair.csv"', slug="fair", where="f").list_name == "fair"
    assert read('name = "Fair"\nkind = "frozen"\nlist_name = "fair-2024"', slug="fair", where="f").list_name == "fair-2024"


FAULTS = {
    'nam = "x"\nwhere = "a > 1"': ["f.toml, nam: expected one of name, meaning, why, advice, where, kind, list_name, members_file, seeds, "
    "suggest, cluster; did you mean 'name'?", "f.toml, name: expected a name for a dynamic segment"],
    "": ["f.toml, name: expected a name for a dynamic segment", "f.toml, where: expected a where for a dynamic segment"],
    'name = "x"\nwhere = " "': ["f.toml, where: expected a where for a dynamic segment"],
    'name = 3\nwhere = ["a"]\nseeds = "000-01"': [
        "f.toml, name: found '3', expected text in quotes",
        "f.toml, where: found \"['a']\", expected text in quotes",
        "f.toml, seeds: found '000-01', expected a list of texts such as [\"000-40\", \"001-32\"]",
    ],
    'name = "x"\nkind = "statik"': ["f.toml, kind: found 'statik', expected one of dynamic, static, frozen, cluster; did you mean 'static'?"],
    'name = "x"\nkind = "static"\nwhere = "a > 1"': [
        'f.toml, where: expected no where in a static segment; a condition belongs to kind = "dynamic"'
    ],
    'name = "x"\nwhere = "a > 1"\nmembers_file = "x.csv"': [
        'f.toml, members_file: expected no members_file in a dynamic segment; add kind = "static"'
    ],
    'name = "x"\nkind = "cluster"\n[cluster]\nnumber = 1': [
        "f.toml, cluster: expected number, points and axes, as they were written when the clusters were learned"
    ],
    'name = "x"\nkind = "cluster"\n[cluster]\nnumber = 1\npoints = [[1.0]]\naxes = []': [
        "f.toml, cluster: expected points with one number per axis, and the number of one of them; at most 50 of each"
    ],
    "name = x": ["f.toml: expected a TOML file: Invalid value (at line 1, column 8); text stands in quotes, as in where = "
    '"order_count >= 3"'],
    "a = " + "[" * 20_000: ["f.toml: expected a TOML file that is not nested so deeply"],
    "#" * 300_000: ["f.toml: found '300000 characters', expected a file of at most 200000"],
}  # fmt: skip


@pytest.mark.parametrize("text", FAULTS, ids=range(len(FAULTS)))
def test_everything_wrong_in_a_file_is_said(text: str) -> None:
    with pytest.raises(InputError) as caught:
        read(text, slug="f", where="f.toml")
    assert [str(p) for p in caught.value.problems] == FAULTS[text]


def test_a_file_name_must_do_as_a_name() -> None:
    with pytest.raises(InputError, match=r"found 'At Risk', expected a file name of small letters, digits, - and _, such as at_risk.toml"):
        read(AT_RISK, slug="At Risk", where="At Risk.toml")


def test_everything_wrong_in_all_files_is_said() -> None:
    with pytest.raises(InputError) as caught:
        read_all({"segments/a.toml": "nam = 3", "segments/b.toml": AT_RISK, "segments/c.toml": "x ="})
    assert {p.where.split(",")[0] for p in caught.value.problems} == {"segments/a.toml", "segments/c.toml"}
    assert [d.slug for d in read_all({"segments/b.toml": AT_RISK, "a.toml": AT_RISK})] == ["a", "b"]


def test_a_condition_alone_is_a_definition() -> None:
    assert condition_of("order_count > 1").slug == "preview"


_NUMBERS = st.floats(-1e6, 1e6)
_CENTROIDS = st.integers(1, 3).flatmap(
    lambda n: st.builds(
        Centroids,
        st.lists(
            st.builds(Axis, st.sampled_from(["a", "b"]), st.booleans(), _NUMBERS, st.floats(0.001, 1e6), st.floats(0.1, 9)),
            min_size=n,
            max_size=n,
        ).map(tuple),
        st.lists(st.lists(_NUMBERS, min_size=n, max_size=n).map(tuple), min_size=1, max_size=4).map(tuple),
    )
)
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@settings(deadline=None, max_examples=60)
@given(name=_TEXT.filter(str.strip), meaning=_TEXT, seeds=st.lists(_TEXT, max_size=3).map(tuple), centroids=_CENTROIDS | st.none())
def test_a_definition_that_is_written_is_read_again(name: str, meaning: str, seeds: tuple[str, ...], centroids: Centroids | None) -> None:
    kind, where = ("dynamic", "a > 1") if centroids is None else ("cluster", "")
    written = Definition(
        "a", name=name, meaning=meaning, seeds=seeds, where=where, kind="cluster" if kind == "cluster" else "dynamic",
        centroids=centroids, file="a.toml",
    )  # fmt: skip
    assert read(to_toml(written), slug="a", where="a.toml") == written
