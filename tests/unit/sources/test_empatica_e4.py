from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipelines.core.errors import InputError
from pipelines.recordings.discover import recordings
from pipelines.sources.empatica_e4 import files_in
from pipelines.sources.recording import Recording, Stream
from tests.recorded import DATA, RECORDED_HOUR

START_MS = 1_644_227_574_000
LABELS = """recording,wearer,block,state,start_utc,end_utc
A01,sp-A01,late,stress,2022-02-07T10:00:00Z,2022-02-07T10:05:00Z
A02,sp-A02,other,calm,2022-02-07T10:00:00Z,2022-02-07T10:05:00Z
A01,sp-A01,early,calm,2022-02-07T09:50:00Z,2022-02-07T09:55:00Z
"""


def read(folder: Path) -> Recording:
    """The one recording of a folder."""
    (found,) = recordings([folder])
    return found


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


START = "1644227574.0"


@pytest.mark.parametrize(
    ("file", "text", "where"),
    [
        ("ACC.csv", f"{START}\n32.0\n1,2,3\n1,2\n", "ACC.csv, line 4: '1,2' is not 3 numbers"),
        ("EDA.csv", f"{START}\n4.0\n0.1\nabc\n0.2\n", "EDA.csv, line 4: 'abc' is not a number"),
        ("EDA.csv", f"{START}\n4.0\n0.1\n\n0.2\n", "EDA.csv, line 4: '' is not a number"),
        ("EDA.csv", f"{START}\n4.0\n0.1\n36,5\n", "EDA.csv, line 4: '36,5' is not a number"),
        ("EDA.csv", f"{START}\n4.0\n0.1\nnan\n", "EDA.csv, line 4: 'nan' is not a number"),
        ("EDA.csv", f"{START}\n4.0\n0.1\n1_0\n", "EDA.csv, line 4: '1_0' is not a number"),
        ("EDA.csv", f"{START}\n4.0\n0.1\n٣\n", "EDA.csv, line 4: '٣' is not a number"),
        ("EDA.csv", f"{START}\n4.0\n0.1\ninf\n", "EDA.csv, line 4: 'inf' is not a number up to 1e+09"),
        ("EDA.csv", f"{START}\n4.0\n0.1\n1e999\n", "EDA.csv, line 4: '1e999' is not a number up to 1e+09"),
        ("EDA.csv", f"{START}\n4.0\n0.1\n-1e308\n", "EDA.csv, line 4: '-1e308' is not a number up to 1e+09"),
        ("ACC.csv", f"{START}\n32.0\n1,2,3\n1,1e308,3\n", "ACC.csv, line 4: '1,1e308,3' is not 3 numbers up to"),
        ("IBI.csv", f"{START}, IBI\n1.0,1e308\n", "IBI.csv, line 2: '1.0,1e308' is not 2 numbers up to 1e+09"),
        ("IBI.csv", f"{START}, IBI\n604.0\n", "IBI.csv, line 2: '604.0' is not 2 numbers"),
    ],
)
def test_damage_is_named_with_file_and_line(e4_folder: Path, file: str, text: str, where: str) -> None:
    assert_refused(e4_folder, file, text, where)


@pytest.mark.parametrize(
    ("file", "text", "where"),
    [
        (
            "EDA.csv",
            "1644227574000\n4.0\n1\n",
            "'1644227574000' is not between 2000 and 2100 (it looks like milliseconds",
        ),
        ("EDA.csv", "1644227574000000\n4.0\n1\n", "(it looks like microseconds since 1970); export"),
        ("EDA.csv", "1644227574000000000\n4.0\n1\n", "(it looks like nanoseconds since 1970); export"),
        ("IBI.csv", "1644227574000, IBI\n1.0,0.8\n", "IBI.csv, line 1: the start '1644227574000' is not between"),
        ("ACC.csv", "1644227574000, 1644227574000\n32.0\n1,2,3\n", "ACC.csv, line 1: the start '1644227574000' is not"),
        ("HR.csv", "0.000000\n1.0\n70\n", "HR.csv, line 1: the start '0.000000' is not between 2000 and 2100; export"),
        ("HR.csv", "-1644227574\n1.0\n70\n", "HR.csv, line 1: the start '-1644227574' is not between"),
        ("HR.csv", "946684799\n1.0\n70\n", "HR.csv, line 1: the start '946684799' is not between"),
        ("HR.csv", "1922-02-07 09:52:54\n1.0\n70\n", "HR.csv, line 1: the start '1922-02-07 09:52:54' is not between"),
        ("HR.csv", "1e300\n1.0\n70\n", "HR.csv, line 1: the start '1e300' is not between"),
        ("EDA.csv", "yesterday\n4.0\n1\n", "EDA.csv, line 1: 'yesterday' is no start time"),
        ("EDA.csv", "1_644_227_574\n4.0\n1\n", "EDA.csv, line 1: '1_644_227_574' is no start time"),
        ("EDA.csv", "inf\n4.0\n1\n", "EDA.csv, line 1: the start 'inf' is not between"),
        ("EDA.csv", "nan\n4.0\n1\n", "EDA.csv, line 1: the start 'nan' is not between"),
        ("EDA.csv", f"{START}\n", "EDA.csv, line 2: the rate line is missing"),
        ("EDA.csv", f"{START}\n0\n1\n", "EDA.csv, line 2: '0' is no sampling rate in Hz, from one a minute to 4096"),
        ("EDA.csv", f"{START}\n-4\n1\n", "EDA.csv, line 2: '-4' is no sampling rate"),
        ("EDA.csv", f"{START}\n1e-300\n1\n", "EDA.csv, line 2: '1e-300' is no sampling rate"),
        ("TEMP.csv", f"{START}\n1e-9\n1\n", "TEMP.csv, line 2: '1e-9' is no sampling rate"),
        ("ACC.csv", f"{START}\n1e9\n1,2,3\n", "ACC.csv, line 2: '1e9' is no sampling rate"),
        ("ACC.csv", f"{START}\ninf\n1,2,3\n", "ACC.csv, line 2: 'inf' is no sampling rate"),
        ("ACC.csv", f"{START}\nnan\n1,2,3\n", "ACC.csv, line 2: 'nan' is no sampling rate"),
        ("ACC.csv", f"{START}\n3_2\n1,2,3\n", "ACC.csv, line 2: '3_2' is no sampling rate"),
        (
            "IBI.csv",
            f"{START}, IBI\n1.0,0.8\n1e18,0.8\n",
            "IBI.csv, line 3: '1e18' is no number of seconds since the start in line 1 (it looks like nano",
        ),
        (
            "IBI.csv",
            f"{START}, IBI\n1644227575.5,0.8\n",
            "line 2: '1644227575.5' is no number of seconds since the start in line 1 (it looks like s",
        ),
        (
            "IBI.csv",
            f"{START}, IBI\n1.0,0.8\n-2.0,0.8\n",
            "IBI.csv, line 3: '-2.0' is no number of seconds since the start",
        ),
        ("IBI.csv", f"{START}, IBI\n31622401,0.8\n", "IBI.csv, line 2: '31622401' is no number of seconds since"),
        ("IBI.csv", "4102444799, IBI\n1.0,0.8\n1.1,0.8\n", "IBI.csv, line 3: '1.1' is no number of seconds since"),
        (
            "HR.csv",
            f"{START}\n0.0166667\n" + "70\n" * 527_060,
            "HR.csv, line 2: 527060 values at 0.0166667 Hz last 366 days",
        ),
        ("HR.csv", "4102444799\n1.0\n70\n70\n70\n", "HR.csv, line 2: 3 values at 1.0 Hz last 0 days, a year being"),
    ],
)
def test_what_is_not_dated_is_refused_with_file_line_and_value(
    e4_folder: Path, file: str, text: str, where: str
) -> None:
    assert_refused(e4_folder, file, text, where)


def assert_refused(folder: Path, file: str, text: str, where: str) -> None:
    (folder / file).write_text(text)
    with pytest.raises(InputError) as error:
        read(folder)
    assert where in str(error.value)
    assert str(folder / file) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("start", "rate", "first_ms", "second_ms"),
    [
        ("946684800", "1", 946_684_800_000, 946_684_801_000),
        ("4102444799", "1", 4_102_444_799_000, 4_102_444_800_000),
        ("1644227574.25", "4096", START_MS + 250, START_MS + 250),
        ("1644227574", "0.0166666666666667", START_MS, START_MS + 60_000),
        ("2022-02-07T10:52:54+01:00", "1", START_MS, START_MS + 1000),
    ],
)
def test_whatever_lies_within_the_bounds_is_read(
    tmp_path: Path, start: str, rate: str, first_ms: int, second_ms: int
) -> None:
    folder = tmp_path / "A01"
    folder.mkdir()
    (folder / "HR.csv").write_text(f"{start}\n{rate}\n70\n" + ("" if rate == "4096" else "71\n"))
    (found,) = read(folder).streams
    assert found.timestamp_ms[[0, -1]].tolist() == [first_ms, second_ms]


@pytest.mark.parametrize("file", ["EDA.csv", "IBI.csv", "ACC.csv", "TEMP.csv"])
def test_a_file_whose_clock_was_wrong_is_named_beside_one_of_the_others(e4_folder: Path, file: str) -> None:
    text = (e4_folder / file).read_text().replace("1644227574", "1612605184")
    assert_refused(e4_folder, file, text, f"HR.csv begins 366.0 days after {e4_folder / file}")


@pytest.mark.parametrize("rename", [str.lower, str.upper, str.title])
def test_names_of_files_count_in_any_case(e4_folder: Path, rename: Callable[[str], str]) -> None:
    whole = {name: found.values.tolist() for name, found in streams(e4_folder).items()}
    for file in sorted(e4_folder.iterdir()):
        file.rename(e4_folder / rename(file.name))
    assert {name: found.values.tolist() for name, found in streams(e4_folder).items()} == whole
    (e4_folder / rename("eda.csv")).write_text(f"{START}\n")
    with pytest.raises(InputError, match=rf"{rename('eda.csv')}, line 2: the rate line"):
        read(e4_folder)


def test_two_files_of_one_name_are_both_named(e4_folder: Path) -> None:
    (e4_folder / "eda.csv").write_text("")
    with pytest.raises(InputError, match=r"EDA\.csv and .*eda\.csv are both EDA\.csv of one recording; remove one"):
        read(e4_folder)


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_files_are_read_in_marked_codings(e4_folder: Path, coding: str) -> None:
    text = (e4_folder / "EDA.csv").read_text()
    (e4_folder / "EDA.csv").write_bytes(text.encode(coding))
    if coding == "utf-16-le":
        with pytest.raises(InputError, match=r"EDA\.csv, line 1: a NUL character; save it as UTF-8 text"):
            read(e4_folder)
    else:
        assert streams(e4_folder)["e4-eda"].values[:, 0].tolist() == [0.0, 0.622764, 0.7, 0.8]


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
    assert files_in(tmp_path) is None
    for file in e4_folder.iterdir():
        file.write_text(f"{START}\n" if file.name == "IBI.csv" else f"{START}\n1.0\n")
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
