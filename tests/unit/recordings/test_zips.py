"""Zipped exports: read in place, with limits, and nothing in them leads outside."""

import pickle
import stat
import zipfile
from pathlib import Path

import pytest

from pipelines.core.errors import InputError
from pipelines.recordings import zips
from pipelines.recordings.discover import recordings, sources
from pipelines.sources import export_files
from pipelines.sources.recording import Recording
from tests.unit.recordings.on_disk import START_S, e4_texts, session, zipped


@pytest.fixture
def said() -> list[str]:
    return []


def only(path: Path) -> Recording:
    (found,) = recordings([path])
    return found


@pytest.mark.parametrize("inside", ["", "123_A00/", "export/", "Downloads/today/123_A00/", "123_A00\\"])
@pytest.mark.parametrize("rename", [str, str.lower])
def test_a_zip_reads_as_the_folder_that_it_packs(tmp_path: Path, inside: str, rename: type[str]) -> None:
    folder = session(tmp_path / "unpacked" / "123_A00", 3.0)
    packed = {f"{inside}{rename(name)}": text for name, text in e4_texts(3.0).items()}
    file = zipped(tmp_path / "packed" / "123_A00.zip", packed | {f"{inside}tags.csv": "1\n"})
    one, other = only(folder), only(file)
    assert one.user_id == other.user_id == "123_A00"
    for mine, its in zip(one.streams, other.streams, strict=True):
        assert mine.timestamp_ms.tolist() == its.timestamp_ms.tolist()
        assert mine.values.tolist() == its.values.tolist()
    assert [file.name for file in tmp_path.rglob("*") if file.parent.name == "packed"] == ["123_A00.zip"]


def test_several_sessions_of_a_zip_are_named_apart(tmp_path: Path) -> None:
    entries = {
        f"{person}/Final/{name}": text for person in ("S1", "S2") for name, text in e4_texts(float(person[1])).items()
    }
    zipped(tmp_path / "study.zip", entries)
    levels = {each.user_id: float(each.streams[0].values[0, 0]) for each in recordings([tmp_path])}
    assert levels == {"S1/Final": 1.0, "S2/Final": 2.0}


def test_a_zip_beside_its_unpacked_folder_is_refused(tmp_path: Path) -> None:
    session(tmp_path / "123_A00")
    zipped(tmp_path / "123_A00.zip", e4_texts())
    with pytest.raises(InputError, match=r"123_A00 and .*123_A00\.zip both hold gsr of 123_A00's"):
        recordings([tmp_path])


def test_what_is_no_recording_in_a_zip_is_said(tmp_path: Path, said: list[str]) -> None:
    entries = {f"A/{name}": text for name, text in e4_texts().items()}
    entries |= {"__MACOSX/A/._EDA.csv": "\0", "A/.hidden/EDA.csv": "x", "../EDA.csv": "x", "/tmp/EDA.csv": "x"}
    file = zipped(tmp_path / "A.zip", entries)
    link = zipfile.ZipInfo("B/EDA.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(file, "a") as packed:
        packed.writestr(link, "/etc/passwd")
    other = zipped(tmp_path / "photos.zip", {"photo.jpg": "x"})
    assert [each.user_id for each in recordings([tmp_path], said.append)] == ["A"]
    assert sorted(said) == sorted(
        [
            f"skipped {file}/__MACOSX: macOS keeps it in a zip",
            f"skipped {file}/A/.hidden: hidden",
            f"skipped {file / '../EDA.csv'}: a path that leads out of the zip",
            f"skipped {file}/tmp/EDA.csv: a path that leads out of the zip",
            f"skipped {file}/B/EDA.csv: a link",
            f"skipped {other}: a zip without ACC.csv, EDA.csv, TEMP.csv, HR.csv, IBI.csv",
        ]
    )


def test_faults_name_the_file_in_the_zip(tmp_path: Path) -> None:
    file = zipped(tmp_path / "A.zip", {"A/EDA.csv": f"{START_S}\n4\n1\nx\n"})
    with pytest.raises(InputError, match=r"A\.zip/A/EDA\.csv, line 4: 'x' is not a number"):
        only(file)


def test_two_files_of_one_name_in_a_zip_are_refused(tmp_path: Path) -> None:
    file = zipped(tmp_path / "A.zip", {"A/EDA.csv": "1\n", "A/eda.csv": "1\n"})
    with pytest.raises(InputError, match=r"A/EDA\.csv and .*A/eda\.csv are both EDA\.csv of one recording"):
        only(file)


def test_a_large_file_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = zipped(tmp_path / "bomb.zip", {"EDA.csv": f"{START_S}\n4\n" + "1\n" * 100_000})
    monkeypatch.setattr(zips, "MOST_BYTES", 1 << 16)
    with pytest.raises(InputError, match=r"bomb\.zip/EDA\.csv: 0 MiB, 0 being the most"):
        sources([file])
    monkeypatch.undo()
    monkeypatch.setattr(zips, "MOST_UNPACKED_BYTES", 1 << 16)
    with pytest.raises(InputError, match=r"bomb\.zip: 0 GiB when unpacked, 0 being the most; leave it out"):
        sources([file])


def test_a_file_that_unpacks_to_more_than_its_zip_says_is_refused(tmp_path: Path) -> None:
    file = zipped(tmp_path / "A.zip", e4_texts())
    whole = file.read_bytes()
    size = len(e4_texts()["EDA.csv"]).to_bytes(4, "little")
    file.write_bytes(whole.replace(size, (9).to_bytes(4, "little")))
    with pytest.raises(InputError, match=r"A\.zip/EDA\.csv: cannot be unpacked \(Bad CRC-32"):
        only(file)


@pytest.mark.parametrize("cut", [4, 20, 200, -1, -10, -30])
def test_a_torn_zip_is_one_clear_line(tmp_path: Path, cut: int) -> None:
    file = zipped(tmp_path / "A.zip", e4_texts())
    file.write_bytes(file.read_bytes()[:cut])
    with pytest.raises(InputError) as error:
        only(file)
    assert f"{file}: cannot be unpacked (" in str(error.value)
    assert "\n" not in str(error.value)


def test_every_byte_of_a_zip_may_be_wrong(tmp_path: Path) -> None:
    """Nothing but what is right or a clear line comes of it."""
    file = zipped(tmp_path / "A.zip", e4_texts(seconds=12))
    whole = file.read_bytes()
    said = {spoilt(file, whole, at) for at in range(len(whole))}
    assert None in said
    assert len(said) > 3
    assert not [line for line in said if line and "\n" in line]


def spoilt(file: Path, whole: bytes, at: int) -> str | None:
    """What is said of a zip with one byte wrong; None where it is read."""
    file.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
    try:
        recordings([file], lambda _: None)
    except InputError as fault:
        return str(fault)
    return None


@pytest.mark.parametrize("name", ["", "/", "\\", ".", "EDA.csv/", "A/./EDA.csv", "A//HR.csv"])
def test_an_entry_of_any_name_does_no_harm(tmp_path: Path, said: list[str], name: str) -> None:
    file = zipped(tmp_path / "A.zip", e4_texts())
    with zipfile.ZipFile(file, "a") as packed:
        entry = zipfile.ZipInfo("x")
        entry.filename = name
        packed.writestr(entry, "" if name.endswith("/") else e4_texts().get(name[-7:].strip("/"), e4_texts()["HR.csv"]))
    assert all(each.user_id.endswith("A") for each in recordings([file], said.append))


def test_an_encrypted_zip_says_what_to_do(tmp_path: Path) -> None:
    file = zipped(tmp_path / "A.zip", e4_texts())
    whole = bytearray(file.read_bytes())
    place = whole.index(b"PK\x01\x02")
    whole[place + 8] |= 1
    file.write_bytes(whole)
    with pytest.raises(InputError, match=r"A\.zip/EDA\.csv is encrypted; unpack the zip, and name the folder"):
        only(file)


def test_a_zip_that_changes_after_it_was_found_is_one_clear_line(tmp_path: Path) -> None:
    file = zipped(tmp_path / "A.zip", e4_texts())
    (found,) = sources([file])
    zipped(file, {"notes.txt": "x"})
    with pytest.raises(InputError, match=r"A\.zip/EDA\.csv: cannot be unpacked"):
        found.read()


def test_sources_travel_to_other_processes_and_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zipped(tmp_path / "A.zip", e4_texts())
    session(tmp_path / "B")
    monkeypatch.chdir(tmp_path)
    found = [each.absolute() for each in sources([Path()])]
    monkeypatch.chdir("/")
    assert [each.user_id for source in pickle.loads(pickle.dumps(found)) for each in source.read()] == ["A", "B"]


def test_the_reader_of_zips_raises_what_is_caught() -> None:
    assert issubclass(zipfile.BadZipFile, export_files.TORN)
    assert issubclass(NotImplementedError, export_files.TORN), "of a method of packing that is not known"
