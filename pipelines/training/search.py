"""From a training set to a file of better training settings."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from models.core.dataset import Dataset
from models.datasets.training_set import load
from models.search.search import Search, Tried
from models.training.settings import TRAINING_PRESETS, written
from pipelines.core.errors import InputError, SettingsError
from schemas.whole import write_whole


@dataclass(frozen=True)
class SearchOrder:
    """What is searched, where it is kept, and where the best settings go."""

    training_set: Path
    folder: Path
    study: str
    preset: str
    trials: int
    output: Path


def searched(order: SearchOrder, progress: Callable[[int], None]) -> tuple[Dataset, Tried]:
    """Searches with the set's training and validation people, and writes the best settings for `eqm train --config`."""
    if order.trials < 1:
        raise SettingsError(f"--trials {order.trials}: give 1 or more")
    if not re.fullmatch(r"[A-Za-z0-9][\w-]{0,63}", order.study):
        raise SettingsError(f"--study {order.study}: give letters, digits, - and _")
    found = load(order.training_set)
    people = found.people()
    rows = found.dataset.of(people.train + people.validation)
    base = TRAINING_PRESETS[order.preset]
    tried = Search(order.folder / f"{order.study}.db", base, order.trials).run(rows, progress)
    try:
        order.output.parent.mkdir(parents=True, exist_ok=True)
        write_whole(order.output, f"# {verdict(rows, tried)}\n\n{written(tried.best, base)}")
    except OSError as fault:
        raise InputError(f"{order.output} cannot be written ({fault.strerror}); choose another --output") from fault
    return rows, tried


def verdict(rows: Dataset, tried: Tried) -> str:
    """How much better the best settings are, and on whom."""
    return (
        f"Best of {tried.trials} trials ({tried.pruned} pruned): log loss {tried.log_loss:.4f}, the preset's"
        f" {tried.base_log_loss:.4f}; balanced accuracy {tried.balanced_accuracy:.3f}; mean over {len(rows.people)}"
        f" {rows.trained_on}, each scored by what others trained. Chosen by these figures, they flatter."
    )
