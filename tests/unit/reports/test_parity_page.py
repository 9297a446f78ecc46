"""The verdict as JSON, in words and as a page: whole, safe, honest about what is missing."""

import json
import math
from html.parser import HTMLParser

import pytest

from pipelines.core.errors import SettingsError
from pipelines.features.compute import VECTOR_NAMES
from pipelines.parity.comparison import ColumnDifferences, ComparedRows, RowComparison, Window, Worst
from pipelines.parity.terms import ParityTerms
from pipelines.parity.verdict import Verdict
from pipelines.reports.pages.parity import groups, rendered
from pipelines.reports.tables.parity import parts

ANN = Window(1_772_323_200_000, "ann")


def verdict(found: RowComparison, **terms: float) -> Verdict:
    return Verdict("2026-02-28", "2026-03-01", ParityTerms(**terms), found)  # type: ignore[arg-type]


def comparison(**columns: ColumnDifferences) -> RowComparison:
    differing = ComparedRows(sum(column.mismatches for column in columns.values()), ANN if columns else None)
    return RowComparison(
        compared=1000,
        differing=differing,
        columns=tuple(columns.get(name, ColumnDifferences()) for name in VECTOR_NAMES),
    )


ONE = comparison(
    hr_mean=ColumnDifferences(2, 0, 0.25, Worst(0.004, ANN, 62.5, 62.25)),
    eda_scl=ColumnDifferences(3, 3, 0.0, Worst(math.inf, ANN, None, 0.1)),
    coverage_hr=ColumnDifferences(0, 0, 1e-16, Worst(1e-16, ANN, 0.5, 0.5000000000000001)),
)


def text(found: Verdict) -> str:
    return "\n".join(part for part in parts(found) if isinstance(part, str))


def test_a_missing_number_is_null_and_an_infinite_one_is_text() -> None:
    written = json.loads(json.dumps(verdict(ONE).as_json(), allow_nan=False))
    column = written["columns"]["eda_scl"]
    assert column["largest_relative_difference"] == "inf"
    worst = {"window_start_ms": ANN.window_start_ms, "user_id": "ann", "stored": None, "recomputed": 0.1}
    assert (column["one_sided"], column["worst"]) == (3, worst)
    assert list(written["columns"]) == list(VECTOR_NAMES)
    assert written["columns"]["hr_mean"]["mismatch_rate"] == 0.002


def test_where_nothing_could_be_compared_there_is_no_rate() -> None:
    found = verdict(RowComparison(missing=ComparedRows(2, ANN)))
    assert found.mismatch_rate == 1.0
    column = found.as_json()["columns"]["hr_mean"]
    assert (column["mismatch_rate"], column["largest_relative_difference"]) == (None, None)
    page = rendered(found)
    assert "no number could be compared" in page
    assert "Where numbers differ" not in page


@pytest.mark.parametrize(("most", "within"), [(0.0, False), (0.00499, False), (0.005, True), (1.0, True)])
def test_the_threshold_is_the_share_of_rows_that_are_not_the_same(most: float, within: bool) -> None:
    assert verdict(ONE, max_mismatch_rate=most).within is within
    assert ('data-is="within"' if within else 'data-is="over"') in rendered(verdict(ONE, max_mismatch_rate=most))


def test_missing_and_extra_rows_count_as_not_the_same() -> None:
    found = verdict(RowComparison(compared=6, missing=ComparedRows(1, ANN), extra=ComparedRows(3, ANN)))
    assert (found.unlike, found.mismatch_rate, found.within) == (4, 0.4, False)


@pytest.mark.parametrize("terms", [{"tolerance": math.nan}, {"tolerance": -1.0}, {"tolerance": math.inf}])
def test_a_tolerance_must_be_a_number(terms: dict[str, float]) -> None:
    with pytest.raises(SettingsError, match="--tolerance"):
        ParityTerms(**terms)  # type: ignore[arg-type]


@pytest.mark.parametrize("share", [-0.1, 1.1, math.nan])
def test_a_threshold_must_be_a_share(share: float) -> None:
    with pytest.raises(SettingsError, match="--max-mismatch-rate"):
        ParityTerms(max_mismatch_rate=share)


def test_every_column_is_in_one_group_and_a_dot_stands_where_its_figures_are() -> None:
    found = {group.title: group for group in groups(verdict(ONE))}
    assert sum(group.columns for group in found.values()) == len(VECTOR_NAMES)
    heart, skin, coverage = (found[title] for title in ("heart rate", "skin conductance", "coverage"))
    assert (heart.never, heart.equal, heart.one_sided) == (5, 5, 0)
    assert (skin.never, skin.equal, skin.one_sided) == (9, 9, 1)
    assert skin.dots[0].difference is None
    assert (coverage.never, coverage.equal, coverage.dots[0].rate) == (12, 11, None)
    assert heart.dots[0].rate == pytest.approx(100 * (1 + math.log10(0.002) / 6))


def test_words_say_what_is_worst() -> None:
    said = text(verdict(ONE))
    assert "eda_scl of ann, 2026-03-01 00:00:00: stored missing, recomputed 0.1" in said
    assert "over the threshold: 5 of 1,000 rows (0.5 %) are not the same; 0 % may" in said
    assert "the same: no row is missing" in text(verdict(comparison()))


class Tags(HTMLParser):
    """Which tags a page opens, and what it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.opened.append(tag)
        self.loaded += [value or "" for name, value in attrs if name in ("src", "href")]


def test_the_page_needs_nothing_else_and_shows_names_as_they_are() -> None:
    nasty = "<script>&[red]"
    odd = comparison(hr_mean=ColumnDifferences(1, 0, 1.0, Worst(0.5, Window(0, nasty), 1.0, 2.0)))
    page = rendered(verdict(odd))
    tags = Tags()
    tags.feed(page)
    assert "script" not in tags.opened
    assert not tags.loaded
    assert "&lt;script&gt;&amp;[red], 1970-01-01 00:00:00" in page
    assert nasty not in page


def test_a_page_without_any_difference_says_so() -> None:
    page = rendered(verdict(comparison()))
    assert 'data-is="same"' in page
    assert "every number of every column is the same in all 1,000 rows" in page
    assert page == rendered(verdict(comparison()))
