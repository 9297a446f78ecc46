"""The archive read back: used and late readings, and a user's samples."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.archive import reader as archive
from pipelines.core.errors import InputError
from pipelines.signals.series.samples import channels, timestamps_ms
from schemas.channels import CHANNEL_INDEX, CHANNEL_NAMES

BASE_MS = 1_700_000_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [
        {"user_id": "ann", "timestamp_ms": BASE_MS, "hr": 61.0, "late": False},
        {"user_id": "ann", "timestamp_ms": BASE_MS + 250, "gsr": 0.5, "temp": 33.0, "late": False},
        {"user_id": "ann", "timestamp_ms": BASE_MS + 1, "hr": 99.0, "late": True},
        {"user_id": "bob", "timestamp_ms": BASE_MS, "hr": 70.0, "late": False},
    ]
    day = tmp_path / "archive" / "day=2023-11-14"
    day.mkdir(parents=True)
    schema = pa.schema(
        [("user_id", pa.string()), ("timestamp_ms", pa.int64()), ("late", pa.bool_())]
        + [(name, pa.float64()) for name in CHANNEL_NAMES]
    )
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), day / "part-0")
    (day / ".part-1.inprogress").write_bytes(b"half a file")
    return tmp_path / "archive"


def test_used_and_late_are_counted(folder: Path, tmp_path: Path) -> None:
    assert archive.counts(folder) == (3, 1)
    assert archive.counts(tmp_path / "none") == (0, 0)
    (tmp_path / "empty").mkdir()
    assert archive.counts(tmp_path / "empty") == (0, 0)


def test_samples_are_what_the_stream_used(folder: Path) -> None:
    found = archive.samples(folder, "ann")
    listed = set(zip(timestamps_ms(found).tolist(), channels(found).tolist(), found["value"].tolist(), strict=True))
    assert listed == {
        (BASE_MS, CHANNEL_INDEX["hr"], 61.0),
        (BASE_MS + 250, CHANNEL_INDEX["gsr"], 0.5),
        (BASE_MS + 250, CHANNEL_INDEX["temp"], 33.0),
    }
    assert archive.users(folder) == ["ann", "bob"]


def test_a_missing_archive_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="run the features job first"):
        archive.open_archive(tmp_path / "none")


def test_unknown_user_has_no_samples(folder: Path) -> None:
    assert archive.samples(folder, "eve").tolist() == np.empty(0).tolist()
