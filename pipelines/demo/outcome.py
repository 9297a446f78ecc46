"""What the demo found: counts, how often it was right, `summary.json` and the report."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from models.core.manifest import Manifest
from pipelines.core.settings import Settings
from pipelines.demo.cast import Cast
from pipelines.demo.counting import feature_rows, readings_placed
from pipelines.demo.tracks import tracks
from pipelines.labels.window_labels import contradiction_lines
from pipelines.reports.pages.agreement import Agreement
from pipelines.reports.pages.page import write_report
from pipelines.reports.pages.tracks import PersonTrack, RunSummary
from schemas.records import EmotionEvent
from schemas.whole import write_whole

FOLDER = Path("build/demo")


@dataclass(frozen=True)
class Outcome:
    """Everything the report is made of."""

    settings: Settings
    cast: Cast
    manifest: Manifest
    events: Sequence[EmotionEvent]
    sent: int
    took_s: float


def write_outcome(outcome: Outcome) -> dict[str, Any]:
    """Writes `build/demo/summary.json` and `build/demo/report.html`, each whole or not at all; returns the summary."""
    shown = tracks(outcome.settings, outcome.cast, outcome.manifest, outcome.events)
    counted = counts(outcome)
    write_report(FOLDER / "report.html", counted, shown, outcome.manifest.labels)
    summary = summarised(outcome, counted, shown)
    write_whole(FOLDER / "summary.json", json.dumps(summary, indent=1) + "\n")
    return summary


def counts(outcome: Outcome) -> RunSummary:
    """Where every reading, window and event ended."""
    return RunSummary(
        readings=outcome.sent,
        **readings_placed(outcome.settings),
        windows=feature_rows(outcome.settings),
        events=len(outcome.events),
        model_name=outcome.manifest.name,
        model_version=outcome.manifest.version,
        simulated=outcome.cast.simulated,
    )


def summarised(outcome: Outcome, counted: RunSummary, shown: Sequence[PersonTrack]) -> dict[str, Any]:
    """What stands in `summary.json`."""
    total = Agreement.of(shown)
    return {
        **asdict(counted),
        "abstained": sum(event.abstained for event in outcome.events),
        "labels": list(outcome.manifest.labels),
        "contradicted": sum(track.contradicted for track in shown),
        "right": total.share,
        "chance": 1 / len(outcome.manifest.labels),
        "always_the_commonest": total.commonest and total.commonest[1],
        "right_by_person": {track.user_id: Agreement.of([track]).share for track in shown},
        "took_s": round(outcome.took_s, 1),
    }


def summary_lines(summary: dict[str, Any]) -> list[str]:
    """The summary for people."""
    kind = "simulated" if summary["simulated"] else "protocol's"
    right = "-" if summary["right"] is None else f"{summary['right']:.0%}"
    lines = [
        "",
        f"readings in      {summary['readings']:>9,}",
        f"  used           {summary['used']:>9,}",
        f"  late           {summary['late']:>9,}",
        f"  quarantined    {summary['quarantined']:>9,}",
        f"windows          {summary['windows']:>9,}",
        f"  of the unseen  {summary['events']:>9,}   (an event each; {summary['abstained']:,} abstained)",
        "",
        f"The smoothed emotion was the {kind} one in {right} of decided windows (chance {summary['chance']:.0%}),",
        f"of people whom model {summary['model_name']} {summary['model_version']} had never seen:",
    ]
    lines += [
        f"  {user:<16} {'-' if share is None else f'{share:.0%}'}" for user, share in summary["right_by_person"].items()
    ]
    lines += contradiction_lines(summary["contradicted"])
    if summary["simulated"]:
        lines.append(
            "These people are simulated: the figure says that the path works, not how well emotions can be read."
        )
    return lines
