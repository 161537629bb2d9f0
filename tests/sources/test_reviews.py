from __future__ import annotations

from typing import TYPE_CHECKING

from sources.loaded import DATA, Loaded, counts, problems

if TYPE_CHECKING:
    from pathlib import Path

_CLOTHING = DATA / "womens_clothing_reviews/Womens Clothing E-Commerce Reviews.csv"


def test_all_reviews_are_read_although_their_texts_span_lines() -> None:
    loaded = Loaded()
    report = loaded.one("reviews", _CLOTHING)
    assert counts(report) == (23_486, 23_486, 0, 0)
    assert report.notes == (
        "23,486 reviews have no date: they count nowhere that asks when.",
        "23,486 reviews name no customer.",
    )
    figures = "SELECT count(DISTINCT product_id), round(avg(rating), 6), count(title), count(body), count_if(is_recommended) FROM reviews"
    assert loaded.row(figures) == (1_206, 4.196032, 19_676, 22_641, 19_314)
    ratings = "SELECT rating, count(*) FROM reviews GROUP BY 1"
    assert dict(loaded.rows(ratings)) == {1.0: 842, 2.0: 1_565, 3.0: 2_871, 4.0: 5_077, 5.0: 13_131}
    assert loaded.row("SELECT max(length(body)) FROM reviews") == (508,)


def test_a_review_belongs_to_its_customer_and_a_later_version_replaces_it(tmp_path: Path) -> None:
    header = "review_id,email,sku,rating,review,date,modified_at\n"
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text(header + "r1,A@example.com,S1,2,late,2024-01-01,\nr2,,S1,5,fine,2024-01-02,\n", encoding="utf-8")
    second.write_text(header + "r1,a@example.com,S1,4,better,2024-01-01,2024-02-01\n", encoding="utf-8")
    loaded = Loaded()
    for file in (second, first):
        loaded.one("reviews", file)
    loaded.resolve()
    query = "SELECT rating, body, customer_id IS NOT NULL FROM reviews ORDER BY reviewed_at"
    assert loaded.rows(query) == [(4.0, "better", True), (5.0, "fine", False)]


def test_a_rating_that_cannot_be_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "reviews.csv"
    file.write_text("sku,stars\nA,6\nB,\nC,good\nD,4.5\n", encoding="utf-8")
    report = Loaded().one("reviews", file)
    assert counts(report) == (4, 1, 0, 3)
    assert problems(report) == [
        "reviews.csv, line 2, column 'stars': found '6', expected a rating from 1 to 5",
        "reviews.csv, line 3, column 'stars': expected a value",
        "reviews.csv, line 4, column 'stars': found 'good', expected a number",
    ]
