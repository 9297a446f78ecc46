"""What the registry holds, for people and for machines."""

from collections.abc import Sequence
from typing import Any

from rich.table import Table

from models.metrics.report import FIGURES as WORDS
from models.registry.version import FIGURES, Entry, Version, headline
from pipelines.reports.tables import fitting
from pipelines.training.registry import Change

COLUMNS = ("model", "version", "bundle", "is", "figures from", *(WORDS[name] for name in FIGURES), "data")


def as_json(version: Version) -> dict[str, Any]:
    """The facts of a version."""
    return {
        "model": version.name,
        "version": version.number,
        "bundle": version.bundle,
        "aliases": list(version.aliases),
        "trained_on": version.trained_on,
        "labels": list(version.labels),
        "data_hash": version.data_hash,
        "card_hash": version.card_hash,
        "schema_hash": version.schema_hash,
        "replaces": version.replaces,
        "run": version.run,
    }


def entry_json(entry: Entry) -> dict[str, Any]:
    """The same with its run's parameters and metrics."""
    return as_json(entry.version) | {"parameters": dict(entry.parameters), "metrics": dict(entry.metrics)}


def change_json(change: Change) -> dict[str, Any]:
    """What has changed, and on what grounds."""
    return as_json(change.version) | {
        "aliases": ["champion"],
        "replaced": change.replaced.number if change.replaced else None,
        "why": change.why,
        "comparison": change.comparison.as_json() if change.comparison else None,
    }


def table(entries: Sequence[Entry]) -> Table:
    """One line a version; each says whose figures they are."""
    found = Table(*COLUMNS)
    for entry in entries:
        version = entry.version
        figures = (headline(entry, name) for name in FIGURES)
        found.add_row(
            *(version.name, str(version.number), version.bundle, ", ".join(version.aliases), version.trained_on),
            *("-" if value is None else f"{value:.3f}" for value in figures),
            version.data_hash,
        )
    return found


def lines(entry: Entry) -> list[str]:
    """Everything of a version, a line each; what is too long for one stands below its name."""
    version = entry.version
    facts = {name: value for name, value in as_json(version).items() if value is not None}
    shown = {name: ", ".join(value) if isinstance(value, list) else value for name, value in facts.items()}
    figures = {name: f"{value:.4f}" for name, value in sorted(entry.metrics.items())}
    groups = (shown, figures, dict(sorted(entry.parameters.items())))
    named = ([(name, str(value)) for name, value in group.items()] for group in groups)
    return [line for pairs in named for line in fitting.facts(pairs, fitting.WIDTH)]


def registered_line(version: Version, in_use: bool) -> str:
    """What has become of a bundle just registered, and what can be done with it."""
    known = f"registered {version.title}"
    if not version.is_champion:
        return (
            f"{known}, a challenger: `eqm models promote {version.number} --name {version.name}` compares and uses it"
        )
    if in_use:
        return f"{known}, the model's first champion: nothing to compare it with; it is in use now"
    return (
        f"{known}, the model's first champion; another model's bundle is in use:"
        f" `eqm models promote {version.number} --name {version.name}` uses this one"
    )
