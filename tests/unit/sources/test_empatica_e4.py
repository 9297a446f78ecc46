from pathlib import Path

import numpy as np
import pytest

from pipelines.core.errors import InputError
from pipelines.sources.empatica_e4 import read
from pipelines.sources.recording import Stream
from tests.recorded import DATA, RECORDED_HOUR

START_MS = 1_644_227_574_000
LABELS = """recording,wearer,block,state,start_utc,end_utc
A01,sp-A01,late,stress,2022-02-07T10:00:00Z,2022-02-07T10:05:00Z
A02,sp-A02,other,calm,2022-02-07T10:00:00Z,2022-02-07T10:05:00Z
A01,sp-A01,early,calm,2022-02-07T09:50:00Z,2022-02-07T09:55:00Z
"""


def streams(folder: Path) -> dict[str, Stream]:
    return {each.sensor_id: each for each in read(folder).streams}


def test_units_rates_and_times(e4_folder: Path) -> None:
    found = streams(e4_folder)
    assert found["e4-acc"].values.shape == (16, 3)
    np.testing.assert_allclose(found["e4-acc"].values, np.tile([2 / 64, 10 / 64, 63 / 64], (16, 1)), rtol=1e-12)
    assert found["e4-acc"].timestamp_ms[:2].tolist() == [START_MS, START_MS + 125]
    assert found["e4-eda"].values[:, 0].tolist() == [0.0, 0.622764, 0.7, 0.8]
    assert found["e4-hr"].timestamp_ms.tolist() == [START_MS + 10_000, START_MS + 11_000]
    assert found["e4-ibi"].values[:, 0].tolist() == [687.5, 937.5]
    assert found["e4-ibi"].timestamp_ms.tolist() == [START_MS + 688, START_MS + 1625]


def test_times_are_rounded_to_the_millisecond(e4_folder: Path) -> None:
    (e4_folder / "EDA.csv").write_text("1644227574.0\n3.0\n0.1\n0.2\n0.3\n")
    assert (streams(e4_folder)["e4-eda"].timestamp_ms - START_MS).tolist() == [0, 333, 667]


def test_implausible_values_stay(e4_folder: Path) -> None:
    assert streams(e4_folder)["e4-temp"].values[:, 0].tolist() == [34.79, 234.95]


def test_iso_header_and_crlf(e4_folder: Path) -> None:
    for name in ("ACC.csv", "EDA.csv", "HR.csv", "IBI.csv", "TEMP.csv"):
        text = (e4_folder / name).read_text()
        iso = text.replace("1644227574.000000", "2022-02-07 09:52:54").replace(
            "1644227584.000000", "2022-02-07 09:53:04"
        )
        (e4_folder / name).write_bytes(iso.replace(", IBI", ",2022-02-07 09:52:54").replace("\n", "\r\n").encode())
    found = streams(e4_folder)
    assert found["e4-hr"].timestamp_ms[0] == START_MS + 10_000
    assert found["e4-ibi"].timestamp_ms.tolist() == [START_MS + 688, START_MS + 1625]
    assert len(found["e4-acc"].timestamp_ms) == 16


def test_absent_and_empty_files_are_gaps(e4_folder: Path) -> None:
    (e4_folder / "ACC.csv").unlink()
    (e4_folder / "TEMP.csv").write_text("")
    (e4_folder / "IBI.csv").write_text("1644227574.000000, IBI\n")
    found = streams(e4_folder)
    assert set(found) == {"e4-eda", "e4-hr", "e4-ibi"}
    assert len(found["e4-ibi"].timestamp_ms) == 0


def test_the_wearer_and_the_labels_stand_beside_the_folder(e4_folder: Path) -> None:
    (e4_folder.parent / "labels.csv").write_text(LABELS)
    recording = read(e4_folder)
    assert recording.user_id == "sp-A01"
    assert [label.label for label in recording.labels] == ["calm", "stress"]
    assert recording.labels[0].end_ms - recording.labels[0].start_ms == 300_000
    assert {label.source for label in recording.labels} == {"protocol"}


def test_an_unlisted_folder_is_its_own_wearer(e4_folder: Path) -> None:
    assert read(e4_folder).user_id == "A01"
    (e4_folder.parent / "labels.csv").write_text(LABELS.replace("A01", "A03"))
    assert (read(e4_folder).user_id, read(e4_folder).labels) == ("A01", ())


@pytest.mark.parametrize(
    ("file", "text", "where"),
    [
        ("ACC.csv", "1644227574.0\n32.0\n1,2,3\n1,2\n", "ACC.csv, line 4: '1,2' is not 3 numbers"),
        ("EDA.csv", "1644227574.0\n4.0\n0.1\nabc\n0.2\n", "EDA.csv, line 4: 'abc' is not a number"),
        ("EDA.csv", "1644227574.0\n4.0\n0.1\n\n0.2\n", "EDA.csv, line 4: '' is not a number"),
        ("EDA.csv", "1644227574.0\n4.0\nnan\n", "EDA.csv, line 3: 'nan' is not a number"),
        ("EDA.csv", "1644227574.0\n4.0\n1_0\n", "EDA.csv, line 3: '1_0' is not a number"),
        ("EDA.csv", "1644227574.0\n", "EDA.csv, line 2: the rate line is missing"),
        ("EDA.csv", "1644227574.0\n0\n1\n", "EDA.csv, line 2: '0' is no sampling rate"),
        ("EDA.csv", "yesterday\n4.0\n1\n", "EDA.csv, line 1: 'yesterday' is no start time"),
        ("EDA.csv", "inf\n4.0\n1\n", "EDA.csv, line 1: 'inf' is no start time"),
        ("IBI.csv", "1644227574.0, IBI\n604.0\n", "IBI.csv, line 2: '604.0' is not 2 numbers"),
    ],
)
def test_damage_is_named_with_file_and_line(e4_folder: Path, file: str, text: str, where: str) -> None:
    (e4_folder / file).write_text(text)
    with pytest.raises(InputError) as error:
        read(e4_folder)
    assert where in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("2022-02-07T10:05:00Z", "soon", "labels.csv, line 2"),
        ("2022-02-07T09:55:00Z", "2022-02-07T09:50:00Z", "labels.csv, line 4"),
        ("wearer", "who", "labels.csv, line 1: no column wearer"),
    ],
)
def test_damaged_labels_are_named_with_their_line(e4_folder: Path, old: str, new: str, where: str) -> None:
    (e4_folder.parent / "labels.csv").write_text(LABELS.replace(old, new))
    with pytest.raises(InputError, match=where):
        read(e4_folder)


def test_a_folder_without_a_recording(tmp_path: Path, e4_folder: Path) -> None:
    with pytest.raises(InputError, match=r"no Empatica E4 recording; give a folder with ACC\.csv"):
        read(tmp_path)
    for file in e4_folder.iterdir():
        file.write_text("")
    with pytest.raises(InputError, match="hold no readings"):
        read(e4_folder)


GOLDEN = """
stress_predict/S02 e4-acc 28514 1644227574000 1644231138125
stress_predict/S02 e4-eda 14262 1644227574000 1644231139250
stress_predict/S02 e4-temp 14264 1644227574000 1644231139750
stress_predict/S02 e4-hr 3555 1644227584000 1644231138000
stress_predict/S02 e4-ibi 360 1644228178000 1644231022484
"""


@pytest.mark.parametrize("line", GOLDEN.split("\n")[1:-1])
def test_counts_and_spans_of_the_recorded_hour(line: str) -> None:
    counts_and_spans(DATA, line)


def counts_and_spans(recordings: Path, line: str) -> None:
    """A line says a sensor's folder and name, how many readings it gave, and the first and last one's time."""
    folder, sensor_id, count, first_ms, last_ms = line.split()
    times = streams(recordings / folder)[sensor_id].timestamp_ms
    assert (len(times), times[0], times[-1]) == (int(count), int(first_ms), int(last_ms))


def test_real_values_equal_the_files() -> None:
    folder = RECORDED_HOUR
    lines = (folder / "IBI.csv").read_text().splitlines()[1:]
    found = streams(folder)
    assert found["e4-ibi"].values[:, 0].tolist() == [float(line.split(",")[1]) * 1000 for line in lines]
    eda = (folder / "EDA.csv").read_text().splitlines()[2:]
    assert found["e4-eda"].values[:, 0].tolist() == [float(line) for line in eda]
