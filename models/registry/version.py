"""What a registry tells of one version of a model, and what of it goes where."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final

from models.core.dataset import TrainedOn
from models.core.manifest import Manifest

CHAMPION: Final = "champion"
CHALLENGER: Final = "challenger"

FIGURES: Final = ("balanced_accuracy", "macro_f1", "auroc", "ece")


@dataclass(frozen=True)
class Version:
    """A registered bundle; the facts are those of its training, whatever its files have become."""

    name: str
    number: int
    bundle: str
    """The bundle's own version."""
    aliases: tuple[str, ...]
    run: str
    trained_on: TrainedOn
    labels: tuple[str, ...]
    data_hash: str
    card_hash: str
    schema_hash: str
    replaces: int | None
    """Who was champion before it, if it was promoted."""

    @property
    def title(self) -> str:
        """Short, for a line of text."""
        return f"version {self.number} of {self.name} ({self.bundle})"

    @property
    def is_champion(self) -> bool:
        return CHAMPION in self.aliases

    def answers_to(self, which: str) -> bool:
        """Whether this is its number, the bundle's version or one of its aliases."""
        return which in (str(self.number), self.bundle, *self.aliases)


@dataclass(frozen=True)
class Entry:
    """A version with all that its run holds."""

    version: Version
    parameters: Mapping[str, str]
    metrics: Mapping[str, float]


def facts(manifest: Manifest, card_hash: str) -> dict[str, str]:
    """The tags of a version."""
    return {
        "bundle": manifest.version,
        "trained_on": manifest.trained_on,
        "labels": json.dumps(manifest.labels),
        "data_hash": manifest.data_hash,
        "card_hash": card_hash,
        "schema_hash": manifest.schema_hash,
    }


def parameters(config: object) -> dict[str, str]:
    """Every setting by its dotted name, also those within others.

    >>> from models.training.settings import TrainingConfig
    >>> parameters(TrainingConfig())["trees.leaves"]
    '7'
    """
    return dict(_flat(config, ""))


def metrics(report: Mapping[str, Any]) -> dict[str, float]:
    """Figures of ensemble and members on people held out; each name begins with whether these are simulated."""
    kind = report["trained_on"].replace(" ", "_")
    whose = {"ensemble": report["ensemble"]} | {f"members/{name}": its for name, its in report["members"].items()}
    return {
        f"{kind}/{who}/{figure}": float(figures[figure])
        for who, figures in whose.items()
        for figure in FIGURES
        if figures[figure] is not None
    }


def headline(entry: Entry, figure: str) -> float | None:
    """A figure of the ensemble on the people held out."""
    return entry.metrics.get(f"{entry.version.trained_on.replace(' ', '_')}/ensemble/{figure}")


def _flat(settings: object, prefix: str) -> Iterator[tuple[str, str]]:
    for field in fields(settings):  # type: ignore[arg-type]
        value, name = getattr(settings, field.name), f"{prefix}{field.name}"
        if is_dataclass(value):
            yield from _flat(value, f"{name}.")
        else:
            yield name, str(value)
