"""The report as one HTML file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipelines.reports.colours import colours, ink
from pipelines.reports.pages.agreement import Agreement
from pipelines.reports.pages.figure import figure
from pipelines.reports.pages.tracks import PersonTrack, RunSummary
from schemas.whole import write_whole

ASSETS: Final = Path(__file__).parent / "assets"


def write_report(path: Path, summary: RunSummary, tracks: Sequence[PersonTrack], labels: Sequence[str]) -> None:
    """Write the report; a reader meets the old file or the whole new one. `labels` is the probabilities' order.

    Raises ValueError for tracks that hold other labels.
    """
    text = rendered(summary, tracks, labels)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text)


def rendered(summary: RunSummary, tracks: Sequence[PersonTrack], labels: Sequence[str]) -> str:
    """The page's text. People without any window are left out."""
    shown = [track for track in tracks if len(track.window_end_ms)]
    for track in shown:
        _check(track, labels)
    palette = colours(labels)
    environment = Environment(loader=PackageLoader(__package__, "assets"), autoescape=True, undefined=StrictUndefined)
    environment.filters |= {"percent": percent, "thousands": thousands}
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "allow_nan": False}
    return environment.get_template("page.html").render(
        summary=summary,
        labels=list(labels),
        palette=palette,
        inks={label: ink(colour) for label, colour in palette.items()},
        total=Agreement.of(shown),
        contradicted=sum(track.contradicted for track in shown),
        figures=[figure(track, palette) for track in shown],
        style=(ASSETS / "page.css").read_text(encoding="utf-8"),
        script=(ASSETS / "page.js").read_text(encoding="utf-8"),
    )


def _check(track: PersonTrack, labels: Sequence[str]) -> None:
    unknown = {*track.emotion, *track.truth} - {None, *labels}
    if unknown:
        raise ValueError(f"track of {track.user_id!r}: labels {sorted(map(str, unknown))} are not among {list(labels)}")
    for name, shares in {"probabilities": track.probabilities, "smoothed": track.smoothed, **track.members}.items():
        if shares.shape[1:] != (len(labels),):
            raise ValueError(f"track of {track.user_id!r}: {name} has shape {shares.shape}, not (n, {len(labels)})")


def percent(share: float | None) -> str:
    """A share for people.

    >>> percent(0.7149), percent(None), percent(0.0004), percent(0.0)
    ('71 %', '–', '< 1 %', '0 %')
    """
    if share is None:
        return "–"
    return "< 1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"


def thousands(count: int) -> str:
    """A count for people.

    >>> thousands(1234567)
    '1,234,567'
    """
    return f"{count:,}"
