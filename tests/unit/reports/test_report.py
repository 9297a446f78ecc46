"""The report: its arithmetic, its pictures, and that the page is whole, safe and needs nothing else."""

import base64
import re
import struct
import zlib
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipelines.reports.colours import KNOWN, colours, contrast, ink
from pipelines.reports.pages.agreement import Agreement
from pipelines.reports.pages.curves import curve
from pipelines.reports.pages.heat_map import heat_map
from pipelines.reports.pages.page import rendered, write_report
from pipelines.reports.pages.timeline import MOST_SLOTS, Timeline, segments
from pipelines.reports.pages.tracks import PersonTrack, RunSummary
from schemas.labels import EMOTIONS, STATES
from schemas.windows import HOP_MS

START_MS = 1_700_000_000_000
LABELS = STATES


def summary(**changes: object) -> RunSummary:
    values = {"readings": 12_345, "used": 12_000, "late": 300, "quarantined": 45, "windows": 40}
    model = {"events": 38, "model_name": "small", "model_version": "7", "simulated": True}
    return RunSummary(**values | model | changes)  # type: ignore[arg-type]


def track(
    said: Sequence[str | None] = ("calm", "stress", None, "stress"),
    truth: Sequence[str | None] = ("calm", "calm", "stress", None),
    *,
    user: str = "ann",
    labels: Sequence[str] = LABELS,
    contradicted: int = 0,
) -> PersonTrack:
    n, k = len(said), len(labels)
    shares = np.full((n, k), 1 / k)
    return PersonTrack(
        user_id=user,
        window_end_ms=START_MS + HOP_MS * np.arange(n),
        signals={"hr_mean": 60.0 + np.arange(n), "spo2_mean": np.full(n, np.nan)},
        probabilities=shares,
        smoothed=shares,
        members={"cnn": shares, "bilstm_attention": shares},
        emotion=said,
        abstained=np.array([name is None for name in said], dtype=bool),
        truth=truth,
        contradicted=contradicted,
    )


@pytest.mark.parametrize(("counts", "said"), [((0, 0), None), ((3, 0), 3), ((3, 1200), 1203)])
def test_windows_under_contradictory_labels_are_counted(counts: tuple[int, ...], said: int | None) -> None:
    page = rendered(summary(), [track(user=f"p{count}", contradicted=count) for count in counts], LABELS)
    assert ("contradict each other" in page) == (said is not None)
    assert said is None or f"; {said:,} more touch labels that contradict each other" in page


def test_agreement_counts_labelled_windows_and_leaves_abstentions_out_of_the_share() -> None:
    found = Agreement.of([track(), track(("stress",), ("stress",))])
    assert (found.known, found.abstained, found.decided, found.right) == (4, 1, 3, 2)
    assert found.share == 2 / 3
    assert found.commonest == ("calm", 2 / 3)
    assert found.row("calm", LABELS) == [0.5, 0.5, 0.0]
    assert found.row("exercise", LABELS) is None


def test_agreement_of_nothing() -> None:
    nothing = Agreement.of([track((None,), ("calm",)), track(("calm",), (None,))])
    assert (nothing.share, nothing.commonest, nothing.abstained) == (None, None, 1)


def test_readings_must_add_up() -> None:
    with pytest.raises(ValueError, match=r"12345 readings came in, but used \+ late \+ quarantined is 12344"):
        summary(late=299)


def test_tracks_must_be_of_one_length_and_in_order() -> None:
    with pytest.raises(ValueError, match=r"track of 'ann': 4 windows, but \{'truth': 1\}"):
        track(truth=("calm",))
    good = track()
    with pytest.raises(ValueError, match="not in order of time"):
        PersonTrack(**{**vars(good), "window_end_ms": good.window_end_ms[::-1]})


def test_segments_join_what_is_alike_and_break_at_missing_windows() -> None:
    ends = START_MS + HOP_MS * np.array([0, 1, 2, 3, 6, 7])
    timeline = Timeline.of(ends)
    found = segments(timeline, ends, ["calm", "calm", "stress", None, "stress", "stress"])
    assert timeline.slots == 8
    assert [(s.kind, s.left, s.width) for s in found] == [("calm", 0, 25), ("stress", 25, 12.5), ("stress", 75, 25)]


@given(st.integers(1, 5), st.lists(st.integers(0, 3 * MOST_SLOTS), min_size=1, max_size=30, unique=True))
def test_spread_is_the_mean_of_each_slot(seed: int, hops: list[int]) -> None:
    ends = START_MS + HOP_MS * np.array(sorted(hops), dtype=np.int64)
    values = np.random.default_rng(seed).choice([1.0, 2.0, np.nan], size=len(ends))
    timeline = Timeline.of(ends)
    assert timeline.slots <= MOST_SLOTS
    spread = timeline.spread(ends, values)
    assert spread.shape == (timeline.slots,)
    for slot in range(timeline.slots):
        first = timeline.start_ms + slot * timeline.step_ms
        inside = values[(ends > first) & (ends <= first + timeline.step_ms)]
        inside = inside[~np.isnan(inside)]
        np.testing.assert_equal(spread[slot], inside.mean() if inside.size else np.nan)


@pytest.mark.parametrize(("windows", "first", "count"), [(1, None, 0), (24, "22:13:30", 8), (720, "22:20", 6)])
def test_ticks_are_round_times(windows: int, first: str | None, count: int) -> None:
    ticks = Timeline.of(START_MS + 15_000 + HOP_MS * np.arange(windows)).ticks()
    assert len(ticks) in (count, count + 1)
    assert not ticks or first is None or ticks[0].text == first
    assert all(0 <= tick.at <= 100 for tick in ticks)


def pixels_of(uri: str) -> np.ndarray:
    """Decode what `png` writes, independently of it."""
    blob = base64.b64decode(uri.removeprefix("data:image/png;base64,"))
    assert blob[:8] == b"\x89PNG\r\n\x1a\n"
    at, parts = 8, {}
    while at < len(blob):
        (length,), kind = struct.unpack(">I", blob[at : at + 4]), blob[at + 4 : at + 8]
        body = blob[at + 8 : at + 8 + length]
        assert struct.unpack(">I", blob[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + body)
        parts[kind] = body
        at += 12 + length
    width, height = struct.unpack(">II", parts[b"IHDR"][:8])
    lines = np.frombuffer(zlib.decompress(parts[b"IDAT"]), dtype=np.uint8).reshape(height, 1 + 4 * width)
    assert not lines[:, 0].any()
    return lines[:, 1:].reshape(height, width, 4)


@given(arrays(np.float64, st.tuples(st.integers(1, 6), st.just(2)), elements=st.floats(0, 1) | st.just(np.nan)))
def test_heat_map_is_opaque_where_it_is_certain(shares: np.ndarray) -> None:
    pixels = pixels_of(heat_map(shares, ["#ff8000", "#0000ff"]))
    assert pixels.shape == (2, len(shares), 4)
    assert (pixels[0, :, :3] == [255, 128, 0]).all()
    assert (pixels[1, :, :3] == [0, 0, 255]).all()
    np.testing.assert_allclose(pixels[..., 3].T / 255, np.nan_to_num(shares), atol=1 / 255)


def test_curves_break_where_values_are_missing() -> None:
    drawn = curve(np.array([1.0, 2.0, np.nan, 2.0, np.nan, 1.0, 1.5]))
    assert drawn.path.count("M") == 3
    assert "nan" not in drawn.path
    assert (drawn.lowest, drawn.highest) == ("0.9", "2.1")
    assert curve(np.full(3, np.nan)).path == ""
    assert curve(np.full(3, 5.0)).path.count("M") == 1
    assert curve(np.array([0.0, 50.0, 100.0]), (0.0, 100.0)).path == "M166.7 100.0h.1L500.0 50.0L833.3 0.0"


def test_colours_are_apart_and_text_on_them_is_readable() -> None:
    for labels in (EMOTIONS, STATES, ("calm", "stress", "amusement", "dozing")):
        palette = colours(labels)
        assert list(palette) == list(labels)
        assert len(set(palette.values())) == len(labels)
    assert min(contrast(ink(colour), colour) for colour in KNOWN.values()) >= 4.5


class Balance(HTMLParser):
    """Checks that elements close in order, and collects what the page refers to."""

    VOID = frozenset({"meta", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.references: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.references += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(page: str) -> Balance:
    balance = Balance()
    balance.feed(page)
    assert balance.open == []
    return balance


@pytest.mark.parametrize("simulated", [True, False])
def test_the_page_is_whole_and_needs_nothing_else(simulated: bool) -> None:
    page = rendered(summary(simulated=simulated), [track(), track(user="bob")], LABELS)
    references = parsed(page).references
    assert all(reference.startswith(("data:image/png;base64,", "#person-")) for reference in references)
    assert not re.search(r"@import|url\(|https?://", page)
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", page))
    for phrase in ("12,345", "12,000 used", "300 late", "45 quarantined", "Model small, version 7", "50 %", "33 %"):
        assert phrase in text
    assert ("These people are simulated." in text, "These people were recorded." in text) == (simulated, not simulated)
    assert "not measured" in text, "a signal without any value"
    assert page.count('class="part silent"') == 2


def test_names_cannot_break_out() -> None:
    nasty = '</script><script>alert("x")</script>&'
    page = rendered(summary(model_name="<b>&"), [track(user=nasty)], LABELS)
    assert nasty not in page
    assert parsed(page).tags.count("script") == 2
    assert "&lt;b&gt;&amp;" in page


def test_the_same_run_gives_the_same_bytes() -> None:
    assert rendered(summary(), [track()], LABELS) == rendered(summary(), [track()], LABELS)


def test_nobody_no_window_and_one_window() -> None:
    parsed(rendered(summary(), [], LABELS))
    assert 'id="person-1"' not in rendered(summary(), [track((), ())], LABELS)
    parsed(rendered(summary(), [track(("calm",), (None,))], LABELS))
    parsed(rendered(summary(), [track(("sad",), ("happy",), labels=EMOTIONS)], EMOTIONS))


def test_other_labels_than_the_models_are_refused() -> None:
    with pytest.raises(ValueError, match=r"track of 'ann': labels \['sad'\] are not among"):
        rendered(summary(), [track(("sad",), ("calm",))], LABELS)
    with pytest.raises(ValueError, match=r"probabilities has shape \(1, 7\), not \(n, 3\)"):
        rendered(summary(), [track(("calm",), ("calm",), labels=EMOTIONS)], LABELS)


def test_a_failed_report_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "demo" / "report.html"
    write_report(path, summary(), [track()], LABELS)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="not among"):
        write_report(path, summary(), [track(("sad",), ("calm",))], LABELS)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["report.html"]
