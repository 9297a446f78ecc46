"""Features of chosen windows: their own rows, or none."""

from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from feature_repo.retrieval import historical
from feature_repo.store import open_store
from pipelines.datasets.look_up import Retrieve, known_rows, stage_known
from pipelines.datasets.reasons import Dropped
from pipelines.datasets.request import Choice
from pipelines.datasets.selection import select
from tests.unit.batch.training_set.conftest import DAYS, Home, half_and_half, label


@pytest.fixture
def retrieve(written: Home) -> Retrieve:
    return partial(historical, open_store("local", written.folder / "feast"))


@pytest.fixture
def asked(written: Home) -> pa.Table:
    windows = select(written.offline, DAYS, half_and_half(), Choice()).windows
    return windows.append_column("split", pa.array(["train"] * windows.num_rows))


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_short_label_is_no_longer_for_being_repeated(written: Home, times: int) -> None:
    short = {"sim-000": [label("sim-000", "calm", 60, 85)] * times}
    found = select(written.offline, DAYS, short, Choice())
    assert found.windows.num_rows == 0
    assert found.dropped[Dropped.LEAST_SHARE] > 0


def test_portions_change_nothing(retrieve: Retrieve, asked: pa.Table, tmp_path: Path) -> None:
    for at_once in (50, 1000):
        assert stage_known(retrieve, asked, tmp_path / str(at_once), at_once=at_once) == {"not_the_window": 0}
    one, some = (
        pa.concat_tables([pq.read_table(file) for file in sorted((tmp_path / name).iterdir())])
        for name in ("1000", "50")
    )
    assert one.num_rows == some.num_rows == asked.num_rows
    columns = ["user_id", "window_start_ms", "label", "hr_mean"]
    assert one.select(columns).equals(some.select(columns))


def test_a_row_that_is_not_the_windows_own_is_not_used(retrieve: Retrieve, asked: pa.Table) -> None:
    place = asked.schema.get_field_index("window_start_ms")
    moved = asked.set_column(place, "window_start_ms", pa.array(asked["window_start_ms"].to_numpy() + 1))
    assert known_rows(retrieve, moved).num_rows == 0, "the newest row by then is of an earlier window"
    place = asked.schema.get_field_index("samples")
    fewer = asked.set_column(place, "samples", pa.array(asked["samples"].to_numpy() - 1))
    assert known_rows(retrieve, fewer).num_rows == 0, "of the same window, but of other readings"
    assert known_rows(retrieve, asked).num_rows == asked.num_rows
