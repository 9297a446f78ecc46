"""Exports beside their bundle, for a terminal and as Markdown."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from rich.box import SIMPLE
from rich.table import Column, Table

from models.bundle.predictor import CHUNK
from models.edge.comparison import BUNDLE, JOINED
from models.edge.conversion import ARITHMETIC
from pipelines.reports.tables.evaluation import short

TERMINAL: Final = ("format", "bal. acc.", "AUROC", "same label", "kB", "gzip", "per s")
PAGE: Final = (
    *("bundle", "", "format", "balanced accuracy", "AUROC", "same label", "largest difference", "label as full bundle"),
    *("kB", "kB gzip", "kB with preparation", "windows/s", f"in chunks of {CHUNK}"),
)
NOTES: Final = (
    "Members answer for themselves, uncalibrated; joined: all of them, combined and calibrated as in the bundle.",
    "Same label: as the same member, or the same bundle, before the export.",
    "kB without preparation, then compressed. Windows per s: one thread, one at a time, preparation included.",
)
SIMULATED: Final = "Simulated people answer as the simulator was told to: these figures promise nothing for real ones."


def title(report: Mapping[str, Any]) -> str:
    """Whose figures these are."""
    return f"{report['windows']:,} windows of {len(report['people'])} {report['on']} held out of training"


def notes(report: Mapping[str, Any]) -> tuple[str, ...]:
    """What must be known to read the figures."""
    usual = set(ARITHMETIC.values())
    members = [line for line in report["lines"] if line["what"] not in (BUNDLE, JOINED)]
    unusual = {
        f"{its['what']} {its['format']}: {its['arithmetic']}." for its in members if its["arithmetic"] not in usual
    }
    simulated = [SIMULATED] if report["on"] == "simulated people" else []
    return (*NOTES, *sorted(unusual), *simulated)


def parts(report: Mapping[str, Any]) -> Iterator[Table | str]:
    """For a terminal: of each bundle whose figures they are, and what matters most; then the notes."""
    for key, lines in groupby(report["lines"], key=itemgetter("bundle")):
        yield f"{key}: {title(report)}"
        heads = [Column(no_wrap=True), *(Column(name, justify="right") for name in TERMINAL)]
        made = Table(*heads, box=SIMPLE, padding=(0, 1, 0, 0))
        for line in lines:
            made.add_row(line["what"], *_narrow(line))
            if chunks := line["windows_per_s_in_chunks"]:
                made.add_row(f"  {CHUNK} at once", *[""] * (len(TERMINAL) - 1), f"{chunks:,.0f}")
        yield made
    yield from notes(report)


def markdown(report: Mapping[str, Any]) -> str:
    """Everything, with its notes."""
    rows = [PAGE, ["---"] * 3 + ["---:"] * (len(PAGE) - 3), *map(_wide, report["lines"])]
    lines = [f"| {' | '.join(cells)} |" for cells in rows]
    return "\n".join([f"{title(report)}.", "", *lines, "", *(f"- {note}" for note in notes(report))])


def _narrow(line: Mapping[str, Any]) -> list[str]:
    shares = [_share(line[name]) for name in ("balanced_accuracy", "auroc", "same_label")]
    sizes = [_kilobytes(line["size"][name]) for name in ("bytes", "gzip_bytes")]
    return ["" if line["what"] == BUNDLE else line["format"], *shares, *sizes, _rate(line["windows_per_s"])]


def _wide(line: Mapping[str, Any]) -> list[str]:
    shares = ("balanced_accuracy", "auroc", "same_label", "largest_difference", "same_label_as_bundle")
    sizes = ("bytes", "gzip_bytes", "bytes_with_preparation")
    return [
        *(line[name] for name in ("bundle", "what", "format")),
        *(_share(line[name]) for name in shares),
        *(_kilobytes(line["size"][name]) for name in sizes),
        *(_rate(line[name]) for name in ("windows_per_s", "windows_per_s_in_chunks")),
    ]


def _share(value: float | None) -> str:
    return "–" if value is None else short(value)


def _kilobytes(size: int) -> str:
    return f"{size / 1000:,.0f}"


def _rate(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"
