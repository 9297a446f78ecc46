"""A home with archive, offline rows and an applied feature store, as the running jobs leave it."""

import shutil
import warnings
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from feature_repo.columns import WINDOW_FEATURES
from feature_repo.folders import offline_folder
from feature_repo.retrieval import historical
from feature_repo.store import apply, open_store
from models.core.data_card import DataCard
from pipelines.archive.days import Days
from pipelines.batch.training_set.build import Examples, build
from pipelines.datasets.reasons import LabelsByUser
from pipelines.datasets.request import Choice, TrainingSetRequest
from schemas.records import Label
from tests.unit.batch import history
from tests.unit.batch.history import FIRST_DAY, SECOND_DAY, START_MS

DAYS = Days(date.fromisoformat(FIRST_DAY), date.fromisoformat(SECOND_DAY))
SECONDS = 480
PEOPLE = 5


@dataclass(frozen=True)
class Home:
    """Folders of one test."""

    folder: Path

    @property
    def archive(self) -> Path:
        return self.folder / "archive"

    @property
    def offline(self) -> Path:
        return offline_folder(self.folder / "feast", WINDOW_FEATURES)

    @property
    def output(self) -> Path:
        return self.folder / "set"

    def build(
        self,
        labels: LabelsByUser,
        *,
        examples: Examples | None = None,
        days: Days = DAYS,
        **choice: Any,  # noqa: ANN401
    ) -> DataCard:
        request = TrainingSetRequest(days, Choice(**choice), self.archive, self.offline, self.output)
        retrieve = partial(historical, open_store("local", self.folder / "feast"))
        return build(request, labels, retrieve, examples or no_examples, lambda _: None)


def no_examples(rows: Path, output: Path, options: PipelineOptions) -> None:
    (output / "examples").mkdir()


def label(user: str, name: str, start_s: int, end_s: int, source: str = "protocol") -> Label:
    """Seconds from the beginning of the history."""
    return Label(
        user_id=user, label=name, start_ms=START_MS + start_s * 1000, end_ms=START_MS + end_s * 1000, source=source
    )


def half_and_half(users: int = PEOPLE) -> dict[str, list[Label]]:
    """Everybody is calm, then under stress."""
    names = [f"sim-{number:03d}" for number in range(users)]
    return {user: [label(user, "calm", 0, 240), label(user, "stress", 240, SECONDS)] for user in names}


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("home") / "written")
    with warnings.catch_warnings():
        apply("local", home.folder / "feast")
    history.write_archive(home.archive, history.people(PEOPLE, seconds=SECONDS))
    history.write_streamed(home.offline, home.archive)
    return home


@pytest.fixture
def home(written: Home, tmp_path: Path) -> Home:
    return Home(Path(shutil.copytree(written.folder, tmp_path / "home")))


@pytest.fixture(scope="session")
def by_person(written: Home, tmp_path_factory: pytest.TempPathFactory) -> tuple[DataCard, Path]:
    """A whole set; tests that spoil it must copy it first."""
    home = Home(Path(shutil.copytree(written.folder, tmp_path_factory.mktemp("set") / "home")))
    return home.build(half_and_half()), home.output
