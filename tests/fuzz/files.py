"""Target: recordings as files, up to the messages that a replay would send of them.

A case is a folder: contents by path below it.
"""

import gzip
import io
import resource
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path
from random import Random
from typing import Final

import numpy as np

from pipelines.recordings.discover import recordings
from pipelines.replay.messages import in_event_time
from pipelines.sources.reading_decoder import RejectedError, decode
from pipelines.sources.recording import Recording, Stream, accepted, to_samples
from schemas.reasons import Quarantined
from schemas.windows import EARLIEST_MS, LATEST_MS
from tests.edge_messages import STAMP_MS, reading
from tests.fuzz.byte_mutations import spoilt
from tests.fuzz.cases import scratch
from tests.fuzz.rounds import BrokenError, Target, refusal_of
from tests.fuzz.text_mutations import NO_NUMBERS, NUMBERS, TIMES, edited_csv, edited_json, reshaped_json

Folder = dict[str, bytes]
Read = tuple[str, str, int, tuple[tuple[str, float], ...]]
"""User, sensor, event time in ms, values by channel."""

MOST_MESSAGES: Final = 500
MOST_BYTES: Final = 4 << 30
"""Beyond what the process has when the target opens: an input that asks for more is a fault, not the machine's end."""

JUDGED: Final = {Quarantined.OUT_OF_RANGE, Quarantined.NO_MEASUREMENTS}
"""What the stream may have against a value that a device gave. Anything else must not be read from a file."""


def _e4(start: str, rows: int) -> Folder:
    """An export of a few seconds."""
    beats = "\n".join(f"{0.8 * beat:.6f},0.800000" for beat in range(1, rows + 1))
    signals = {"EDA.csv": ("4.0", 1, "0.52"), "TEMP.csv": ("4.0", 1, "33.5"), "HR.csv": ("1.0", 1, "72.25")}
    found = {"IBI.csv": f"{start}, IBI\n{beats}\n"}
    for name, (rate, columns, value) in (signals | {"ACC.csv": ("32.0", 3, "10")}).items():
        lines = [[start] * columns, [rate] * columns, *[[value] * columns] * rows]
        found[name] = "\n".join(map(",".join, lines)) + "\n"
    return {name: text.encode() for name, text in found.items()}


def _under(folder: str, files: Folder) -> Folder:
    return {f"{folder}/{name}": data for name, data in files.items()}


def _lines(*user_ids: str) -> bytes:
    stamps = (STAMP_MS + 1_000 * at for at in range(3))
    readings = [
        reading('{"hr":72,"gsr":0.5}', user_id=f'"{user}"', timestamp=str(at)) for at in stamps for user in user_ids
    ]
    return ("\n".join(readings) + "\n").encode()


def _zipped(files: Folder) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return packed.getvalue()


START: Final = f"{STAMP_MS / 1000:.6f}"
SESSION: Final = _e4(START, 4)
LABELS: Final = (
    b"recording,wearer,block,state,start_utc,end_utc\n"
    b"S1,ann,early,calm,2022-02-07T09:52:54Z,2022-02-07T09:54:54Z\n"
    b"S2,bob,late,stress,2022-02-07T09:52:54Z,2022-02-07T09:54:54Z\n"
)
SEEDS: Final[tuple[Folder, ...]] = (
    _under("S1", SESSION),
    _under("S1", SESSION) | _under("S2", _e4("2022-02-07 09:52:54", 4)) | {"labels.csv": LABELS},
    _under("S1/Final", SESSION) | _under("S2/Final", _e4(START, 3)),
    _under("S1", {name.lower(): data for name, data in SESSION.items()}),
    {"123_A00.zip": _zipped(SESSION)},
    {"S1.zip": _zipped(_under("S1", SESSION)), "S1/tags.csv": b"1644227580\n"},
    {"day.jsonl": _lines("ann", "bob")},
    {"day.jsonl.gz": gzip.compress(_lines("ann"), mtime=0), "._day.jsonl": b"\x00\x05\x16\x07"},
    {"day.jsonl": _lines("ann"), "day (1).jsonl": _lines("ann")},
    {"day.jsonl": _lines("ann"), ".ipynb_checkpoints/day-checkpoint.jsonl": _lines("eve"), "~$x.jsonl": b"\x05"},
    {"day.jsonl": reading('{"ibi":[800,810,790]}').encode() + b"\n" + reading('{"hr":0,"gsr":0.4}').encode()},
    {"__MACOSX/S1/._EDA.csv": b"\x00\x05\x16\x07", ".DS_Store": b"\x00", "Thumbs.db": b"\xd0\xcf"}
    | _under("S1", SESSION),
)
UNITS: Final = (
    "0",
    "-1",
    "1644227574",
    "1644227574000",
    "1644227574000000",
    "1644227574000000000",
    "1e10",
    "4102444799",
)
RATES: Final = (
    "1e-9",
    "1e-300",
    "5e-324",
    "1e9",
    "1e300",
    "0",
    "-1",
    "0.0166",
    "4096",
    "64",
    "1000",
    "3.3333",
    "10.01",
)
NAMES: Final = (
    *("._day.jsonl", "~$day.jsonl", ".hidden/day.jsonl", "day.JSONL", "day.jsonl.GZ", "day.jsonl/day.jsonl", "a.zip"),
    *("eda.csv", "EDA.CSV", "S1/ACC.csv/ACC.csv", "S1/IBI.csv", "labels.csv", "S1/labels.csv", "x" * 140 + "/HR.csv"),
    *("S\n1/HR.csv", "S\x1b[31m/HR.csv", "S\udce9/HR.csv", "S\u202e/HR.csv", " /HR.csv", "é/HR.csv", "e\u0301/HR.csv"),
    *("%s/HR.csv", "'/HR.csv", '"/HR.csv', "S1/HR.csv", "S1/EDA.csv", "S1 /HR.csv", "s1/HR.csv", ".jsonl", ".zip"),
)


def made(rng: Random) -> Folder:
    """A folder with one thing wrong, or a few."""
    folder = dict(rng.choice(SEEDS))
    while True:
        rng.choice(CHANGES)(folder, rng)
        if not folder or rng.random() < 0.6:
            return folder


def _some(folder: Folder, rng: Random) -> str:
    return rng.choice(list(folder))


def _row_edited(folder: Folder, rng: Random) -> None:
    """A file edited as what its name says it is."""
    name = _some(folder, rng)
    packed = name.endswith(".gz")
    data = _unpacked(folder[name]) if packed else folder[name]
    if name.endswith((".jsonl", ".gz")):
        lines = data.split(b"\n")
        at = rng.randrange(len(lines))
        lines[at] = rng.choice((edited_json, reshaped_json))(lines[at], rng)
        data = b"\n".join(lines)
    else:
        data = edited_csv(data, rng)
    folder[name] = gzip.compress(data, mtime=0) if packed else data


def _unpacked(data: bytes) -> bytes:
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, ValueError, gzip.zlib.error):
        return data


def _spoilt(folder: Folder, rng: Random) -> None:
    name = _some(folder, rng)
    folder[name] = spoilt(folder[name], rng, tuple(folder.values()))


def _headed(folder: Folder, rng: Random) -> None:
    """An export whose start or rate is another, or an offset or a value that is none."""
    name = _some(folder, rng)
    lines = folder[name].split(b"\n")
    at = rng.choice((0, 0, 1, 1, 2))
    if at < len(lines):
        cells = lines[at].split(b",")
        other = rng.choice(((*UNITS, *TIMES), (*RATES, *NUMBERS), (*NUMBERS, *NO_NUMBERS, *UNITS))[at]).encode()
        lines[at] = b",".join([other] * len(cells) if rng.random() < 0.7 else [other, *cells[1:]])
        folder[name] = b"\n".join(lines)


def _renamed(folder: Folder, rng: Random) -> None:
    folder[rng.choice(NAMES)] = folder.pop(_some(folder, rng))


def _copied(folder: Folder, rng: Random) -> None:
    name = _some(folder, rng)
    place, dot, end = name.rpartition(".")
    folder[rng.choice((f"{place} (1){dot}{end}", f"copy/{name}", rng.choice(NAMES)))] = folder[name]


def _removed(folder: Folder, rng: Random) -> None:
    del folder[_some(folder, rng)]


def _emptied(folder: Folder, rng: Random) -> None:
    folder[_some(folder, rng)] = rng.choice((b"", b"\n", b"\x00", b"\xef\xbb\xbf", b"\xff\xfe", b" "))


def _cut(folder: Folder, rng: Random) -> None:
    name = _some(folder, rng)
    folder[name] = folder[name][: rng.randint(0, len(folder[name]))]


def _packed(folder: Folder, rng: Random) -> None:
    """Something packed, whole or not, under a name that says so or does not."""
    name = _some(folder, rng)
    inside = {rng.choice((name, name.rpartition("/")[2], *ZIPPED_NAMES)): folder[name]}
    data = gzip.compress(folder[name], mtime=0) if rng.random() < 0.4 else _zipped(inside | SESSION)
    data = spoilt(data, rng) if rng.random() < 0.5 else data
    folder[rng.choice(("x.zip", "day.jsonl.gz", "day.jsonl", "x.ZIP", name))] = data


ZIPPED_NAMES: Final = (
    "../EDA.csv",
    "/tmp/EDA.csv",
    "S1/../../EDA.csv",
    "C:\\EDA.csv",
    "EDA.csv/",
    "a.zip",
    "S\x1b/EDA.csv",
)


def _bomb(folder: Folder, rng: Random) -> None:
    """Little that becomes much; rarely, because much takes time."""
    chance = rng.random()
    if chance < 0.02:
        folder["bomb.zip"] = _bomb_zip()
    elif chance < 0.2:
        folder["bomb.zip"] = _zipped({f"{at}/EDA.csv": SESSION["EDA.csv"] for at in range(50)})


@cache
def _bomb_zip() -> bytes:
    return _zipped({"EDA.csv": SESSION["EDA.csv"] + b"0\n" * 1_000_000})


Change = Callable[[Folder, Random], None]
CHANGES: Final[tuple[Change, ...]] = (
    *(_row_edited,) * 8,
    *(_headed,) * 6,
    *(_spoilt,) * 4,
    *(_renamed, _renamed, _copied, _copied, _removed, _emptied, _cut, _packed, _packed, _bomb),
)


@contextmanager
def target() -> Iterator[Target]:
    """Folders are written to a temporary one, and memory is bounded as long as the target is open."""
    with scratch() as place, _bounded_memory():
        yield Target("files", made, lambda case: _tried(place / "in", case), at_once=20)


@contextmanager
def _bounded_memory() -> Iterator[None]:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MOST_BYTES, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _tried(root: Path, folder: Folder) -> None:
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    for name, data in folder.items():
        _write(root / name, data)
    said: list[str] = []
    found = refusal_of(lambda: recordings([root], said.append), naming=str(root))
    if any(line.startswith("skipped ") and str(root) not in line for line in said):
        raise BrokenError("what was skipped is not named", said)
    if found is not None:
        _check(found)


def _write(file: Path, data: bytes) -> None:
    """Unless another file stands where it needs a folder, or the other way round."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        return


def _check(found: Sequence[Recording]) -> None:
    if not found:
        raise BrokenError("nothing read is no error")
    for recording in found:
        for stream in recording.streams:
            _check_stream(stream)
        to_samples(accepted(recording))
    for one, other in combinations(found, 2):
        _check_apart(one, other)
    _check_messages(found)


def _check_stream(stream: Stream) -> None:
    if not (np.isfinite(stream.values) | np.isnan(stream.values)).all():
        raise BrokenError("a value that is not finite was read")
    out = (stream.timestamp_ms < EARLIEST_MS) | (stream.timestamp_ms > LATEST_MS)
    if out.any():
        raise BrokenError("a time out of 2000 to 2100 was read", stream.timestamp_ms[out][0])


def _check_apart(one: Recording, other: Recording) -> None:
    """Two people's recordings under one name would be averaged."""
    if one.user_id != other.user_id:
        return
    for mine in one.streams:
        for theirs in other.streams:
            spans = [(each.timestamp_ms[:1], each.timestamp_ms[-1:]) for each in (mine, theirs)]
            shared = mine.sensor_id == theirs.sensor_id and set(mine.channels) & set(theirs.channels)
            if shared and all(len(first) for first, _ in spans) and max(spans)[0] <= min(last for _, last in spans):
                raise BrokenError("one user has two recordings of one time", f"{one.user_id} {mine.sensor_id}")


def _check_messages(found: Sequence[Recording]) -> None:
    """What a replay would send comes in order of time, and the stream accepts of it what a backfill would."""
    rows = sum(len(each.timestamp_ms) for recording in found for each in recording.streams)
    if rows > MOST_MESSAGES:
        return
    sent = list(in_event_time(found))
    if len(sent) != rows or any(one[1] > other[1] for one, other in pairwise(sent)):
        raise BrokenError("messages are lost, or not in order of time")
    streamed = sorted(reading for user, _, _, value in sent for reading in _accepted(user, value))
    if streamed != sorted(reading for recording in found for reading in _kept(accepted(recording))):
        raise BrokenError("the stream accepts other readings than a backfill")


def _accepted(user: str, value: bytes) -> list[Read]:
    try:
        found = decode(user.encode(), value, LATEST_MS)
    except RejectedError as fault:
        if fault.reason not in JUDGED:
            raise BrokenError(f"a file gives what the stream refuses as {fault.reason}", value[:200]) from fault
        return []
    return [(user, each.sensor_id, each.timestamp_ms, tuple(sorted(each.measurements.items()))) for each in found]


def _kept(recording: Recording) -> Iterator[Read]:
    for stream in recording.streams:
        for at_ms, row in zip(stream.timestamp_ms.tolist(), stream.values.tolist(), strict=True):
            given = {name: value for name, value in zip(stream.channels, row, strict=True) if not np.isnan(value)}
            yield recording.user_id, stream.sensor_id, at_ms, tuple(sorted(given.items()))
