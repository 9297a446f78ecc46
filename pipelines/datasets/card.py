"""The data card of a training set, made and written."""

from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Final

from models.core.data_card import CARD, DataCard, Parameters
from models.datasets.training_set import read_rows
from pipelines.datasets.card_text import markdown
from pipelines.datasets.choosing import Chosen
from pipelines.datasets.reasons import Dropped, LabelDropped
from pipelines.datasets.request import Request
from pipelines.datasets.tally import Tally
from schemas.fingerprint import schema_hash

PACKAGES: Final = ("eqm", "apache-beam", "feast", "numpy", "pyarrow")


def describe(request: Request, chosen: Chosen, tally: Tally, dropped: Counter[str], rows: Path) -> DataCard:
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


def _parameters(request: Request) -> Parameters:
    choice = request.choice
    return Parameters(
        first_day=request.days.first.isoformat(),
        last_day=request.days.last.isoformat(),
        split=choice.split,
        seed=choice.seed,
        least_share=choice.least_share,
        stride_s=choice.stride_s,
    )
