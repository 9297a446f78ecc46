"""Where a training set comes from: what was asked for, labels, and the feature store."""

import warnings
from argparse import Namespace
from functools import partial
from pathlib import Path

from feature_repo.retrieval import historical
from feature_repo.store import open_store
from pipelines.archive.days import Days
from pipelines.core.settings import Settings
from pipelines.datasets.look_up import Retrieve
from pipelines.datasets.reasons import LabelsByUser
from pipelines.datasets.request import Choice, TrainingSetRequest
from pipelines.labels.csv_files import read_labels_csv
from pipelines.labels.topic import read_labels
from schemas.topics import LABELS


def request_of(given: Namespace, settings: Settings, *, now_ms: int) -> TrainingSetRequest:
    """What the command line asks for."""
    return TrainingSetRequest(
        days=Days.between(given.first_day, given.last_day, now_ms=now_ms),
        choice=Choice(given.split, given.seed, given.least_share, given.stride_s),
        archive=settings.archive_folder,
        offline=settings.features_folder,
        output=given.output.absolute(),
        beam=tuple(given.beam),
    )


def labels_of(file: Path | None, settings: Settings) -> LabelsByUser:
    """From the file, or from the labels topic where none is named."""
    return read_labels_csv(file) if file else read_labels(settings.bootstrap_servers, LABELS.name)


def retrieval_of(settings: Settings) -> Retrieve:
    """The feature store's historical retrieval; once imported, Feast shows everybody's warnings: that is taken back."""
    with warnings.catch_warnings():
        store = open_store(settings.feast_profile, settings.feast_folder, settings.redis_url or None)
    return partial(historical, store)
