"""The data card of a training set: made, written, and as text for people."""

from collections import Counter
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Final

from models.core.data_card import CARD, SPLITS, DataCard, Parameters
from models.datasets.training_set import read_rows
from pipelines.datasets.reasons import LABEL_MEANING, MEANING, Dropped, LabelDropped
from pipelines.datasets.request import TrainingSetRequest
from pipelines.datasets.rows import Tally
from pipelines.datasets.selection import Chosen
from schemas.fingerprint import schema_hash


def summary_lines(card: DataCard) -> list[str]:
    """The card in short."""
    lines = [f"{card.kept:,} of {card.candidates:,} windows kept, split by {card.parameters.split}:"]
    for name in SPLITS:
        windows = card.windows[name]
        each = ", ".join(f"{label} {count:,}" for label, count in windows.items())
        lines.append(f"  {name:<11} {sum(windows.values()):>9,}  of {len(card.people[name]):,} people: {each}")
    lines += _without(card)
    lines += [f"left out: {reason} {count:,}" for reason, count in card.dropped.items()]
    return lines + [f"labels left out: {reason} {count:,}" for reason, count in card.intervals_dropped.items()]


def markdown(card: DataCard) -> str:
    """The whole card."""
    return "\n".join(_lines(card)) + "\n"


def _lines(card: DataCard) -> Iterator[str]:
    asked = card.parameters
    yield "# Training set"
    yield ""
    yield f"Windows of {card.trained_on} that end from {asked.first_day} to {asked.last_day} (UTC); labels say"
    yield f"{', '.join(card.label_names)}, by {', '.join(card.label_sources)}. Split by {_split(card)}."
    yield f"A window has a label where one interval covers {asked.least_share:.0%} of it; one every {asked.stride_s} s."
    if card.trained_on == "simulated people":
        yield "Simulated people answer as the simulator was told to: they promise nothing for real ones."
    yield ""
    yield from _splits(card)
    yield from _reasons("Windows", card.candidates, card.kept, card.dropped, MEANING)
    used = card.intervals - sum(card.intervals_dropped.values())
    yield from _reasons("Labels", card.intervals, used, card.intervals_dropped, LABEL_MEANING)
    if card.users_without_data:
        yield f"Labelled, but without any window: {', '.join(card.users_without_data)}."
        yield ""
    yield f"{card.with_baseline:,} windows ({card.with_baseline / card.kept:.0%}) have a personal baseline."
    yield ""
    missing = {name: f"{share:.1%}" for name, share in card.missing_share.items() if share}
    yield from _table("feature", "missing; in no window, where not named here", missing)
    hashes = {"schema": card.schema_hash, "data": card.data_hash, "rows": card.rows_hash}
    yield from _table("hash", "", hashes)
    yield from _table("made with", "version", card.versions)


def _split(card: DataCard) -> str:
    by_person = f"person (seed {card.parameters.seed}): nobody is in two splits"
    by_time = "time within each person, without overlap: the same people are in all splits"
    return by_person if card.parameters.split == "person" else by_time


def _splits(card: DataCard) -> Iterator[str]:
    labels = card.label_names
    yield f"| split | people | windows | {' | '.join(labels)} |"
    yield f"|---|---|---|{'---|' * len(labels)}"
    for name in SPLITS:
        windows = card.windows[name]
        counts = " | ".join(f"{windows[label]:,}" for label in labels)
        yield f"| {name} | {len(card.people[name]):,} | {sum(windows.values()):,} | {counts} |"
    yield ""
    yield from (f"{line}.\n" for line in _without(card))
    for name in SPLITS:
        yield f"{name}: {', '.join(card.people[name])}"
        yield ""


def _without(card: DataCard) -> list[str]:
    """Labels that a split does not show."""
    never = {name: [label for label, count in card.windows[name].items() if not count] for name in SPLITS}
    return [f"no {name} window is labelled {', '.join(labels)}" for name, labels in never.items() if labels]


def _reasons(
    title: str, given: int, kept: int, dropped: Mapping[str, int], meaning: Mapping[str, str]
) -> Iterator[str]:
    rows = {f"{reason}: {meaning[reason]}": f"{count:,}" for reason, count in dropped.items()}
    yield from _table(title, "", {"all": f"{given:,}", **rows, "kept": f"{kept:,}"})


def _table(left: str, right: str, rows: Mapping[str, str]) -> Iterator[str]:
    yield f"| {left} | {right} |"
    yield "|---|---|"
    yield from (f"| {name} | {text} |" for name, text in rows.items())
    yield ""


PACKAGES: Final = ("eqm", "apache-beam", "feast", "numpy", "pyarrow")


def describe(request: TrainingSetRequest, chosen: Chosen, tally: Tally, dropped: Counter[str], rows: Path) -> DataCard:
    """The card of written rows; `dropped`: windows of all reasons."""
    dataset, _ = read_rows(rows, chosen.label_names, chosen.trained_on)
    return DataCard(
        trained_on=chosen.trained_on,
        label_names=chosen.label_names,
        label_sources=tuple(sorted({label.source for label in chosen.labels.used})),
        parameters=_parameters(request),
        candidates=chosen.candidates,
        kept=tally.rows,
        dropped={reason: dropped[reason] for reason in Dropped if dropped[reason]},
        intervals=chosen.labels.given,
        intervals_dropped={reason: n for reason in LabelDropped if (n := chosen.labels.dropped[reason])},
        users_without_data=chosen.labels.users_without_data,
        people=tally.people(),
        windows=tally.windows(chosen.label_names),
        with_baseline=tally.with_baseline,
        missing_share=tally.missing_share(),
        schema_hash=schema_hash(),
        data_hash=dataset.data_hash(),
        rows_hash=tally.rows_hash(),
        versions={name: version(name) for name in PACKAGES},
    )


def write_card(card: DataCard, folder: Path) -> None:
    """Writes `card.json` and `card.md`."""
    (folder / CARD).write_text(card.model_dump_json(indent=1) + "\n", encoding="utf-8")
    (folder / "card.md").write_text(markdown(card), encoding="utf-8")


def _parameters(request: TrainingSetRequest) -> Parameters:
    choice = request.choice
    return Parameters(
        first_day=request.days.first.isoformat(),
        last_day=request.days.last.isoformat(),
        split=choice.split,
        seed=choice.seed,
        least_share=choice.least_share,
        stride_s=choice.stride_s,
    )
