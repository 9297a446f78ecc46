"""A bundle answers alike in both environments, whichever of them wrote it: 10,000 windows, with all that is missing."""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest

from models.core.dataset import COLUMNS
from pipelines.features.compute import compute_windows
from pipelines.features.windowing import window_chunks
from pipelines.recordings.discover import recordings
from pipelines.replay.people import simulated
from pipelines.sources.recording import Recording, accepted, to_samples
from schemas.feature_table import FEATURE_INDEX
from schemas.windows import WINDOW_MS

WINDOWS = 10_000
ENVIRONMENTS = ("stream", "batch")
LARGEST_CHUNK = {"stream": 1000, "batch": 99}
ENROLMENT = 12
PATIENCE_S = 300

Columns = dict[str, np.ndarray]


def people() -> Iterable[Recording]:
    """Real ones where there are any."""
    folder = os.environ.get("EQM_RECORDINGS")
    if folder and Path(folder).is_dir():
        return recordings([Path(folder)])
    return simulated(8, minutes=110, start="2025-01-01T00:00:00Z", seed=2)


def windows_of(person: Recording) -> Columns:
    """Labelled low, middle or high by the person's own heart rate; the baseline is the mean of the first minute."""
    chunks = list(window_chunks(to_samples(accepted(person)), phase_ms=0))
    computed = [compute_windows(each.window_start_ms, each.samples, each.offsets) for each in chunks]
    features = np.concatenate([each.features for each in computed]).astype(np.float32)
    count = len(features)
    order = np.argsort(np.argsort(features[:, FEATURE_INDEX["hr_mean"]]))
    return {
        "features": features,
        "baseline": np.tile(features[:ENROLMENT].mean(axis=0), (count, 1)),
        "sequence": np.concatenate([each.sequence for each in computed]),
        "label": order * 3 // count,
        "person": np.full(count, person.user_id),
        "window_end_ms": np.concatenate([each.window_start_ms for each in chunks]) + WINDOW_MS,
    }


def enough() -> Iterator[Columns]:
    found = 0
    for person in people():
        yield (columns := windows_of(person))
        found += len(columns["label"])
        if found >= WINDOWS:
            return


@pytest.fixture(scope="module")
def windows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A third without a baseline, a tenth without a sensor of the sequence, and single values missing everywhere."""
    parts = list(enough())
    columns = {name: np.concatenate([part[name] for part in parts])[:WINDOWS] for name in COLUMNS}
    rng = np.random.default_rng(3)
    columns["baseline"][rng.random(WINDOWS) < 1 / 3] = np.nan
    columns["features"][rng.random(columns["features"].shape) < 0.02] = np.nan
    columns["sequence"][rng.random(WINDOWS) < 0.1, :, rng.integers(columns["sequence"].shape[2])] = np.nan
    file = tmp_path_factory.mktemp("agreement") / "windows.npz"
    np.savez(file, **columns)
    return file


def both(*arguments: tuple[object, ...]) -> None:
    """Runs the job in both environments side by side."""
    python = {name: Path(sys.prefix).parent / name / "bin" / "python" for name in ENVIRONMENTS}
    running = [
        subprocess.Popen(
            [str(part) for part in (python[name], "-m", "tests.release.stack.agreement_job", *given)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name, given in zip(ENVIRONMENTS, arguments, strict=True)
    ]
    said = [job.communicate(timeout=PATIENCE_S)[1] for job in running]
    for job, complaint in zip(running, said, strict=True):
        assert job.returncode == 0, complaint[-2000:]


@pytest.fixture(scope="module")
def answers(windows: Path) -> dict[str, Columns]:
    """By environment: what each says of both bundles."""
    here = windows.parent
    bundles = [here / name for name in ENVIRONMENTS]
    both(*(("write", windows, bundle) for bundle in bundles))
    files = {name: here / f"{name}.npz" for name in ENVIRONMENTS}
    both(*(("answer", windows, file, LARGEST_CHUNK[name], *bundles) for name, file in files.items()))
    return {name: dict(np.load(file)) for name, file in files.items()}


@pytest.mark.parametrize("written_by", ENVIRONMENTS)
def test_both_environments_answer_alike(answers: dict[str, Columns], written_by: str) -> None:
    for what in ("probabilities", "members"):
        ours, its = (answers[name][f"{written_by}_{what}"] for name in ENVIRONMENTS)
        assert len(ours) == WINDOWS
        assert np.abs(ours - its).max() <= 1e-5


def test_the_answers_differ_between_windows(answers: dict[str, Columns]) -> None:
    """Else agreement would say nothing."""
    for answer in answers["stream"].values():
        assert answer.std(axis=0).max(axis=-1).min() > 0.005
