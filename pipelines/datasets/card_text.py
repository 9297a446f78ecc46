"""The data card as text for people."""

from collections.abc import Iterator, Mapping

from models.core.data_card import SPLITS, DataCard
from pipelines.datasets.reasons import LABEL_MEANING, MEANING


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
