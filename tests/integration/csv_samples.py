"""An Empatica E4 folder read the slow way, independent of the project's reader: (timestamp_ms, channel, value)."""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.signal import firwin

from tests.naive import Sample

SIMPLE = {"EDA": "gsr", "TEMP": "temp", "HR": "hr"}
ACC_FACTOR = 4


def csv_samples(folder: Path) -> list[Sample]:
    """Everything in the folder; header with unix seconds."""
    found: list[Sample] = []
    for file, channel in SIMPLE.items():
        start_s, rate_hz, rows = table(folder / f"{file}.csv")
        values = rows[:, 0].tolist()
        found += [(round((start_s + i / rate_hz) * 1000), channel, value) for i, value in enumerate(values)]
    return found + ibi(folder) + acceleration(folder)


def table(path: Path) -> tuple[float, float, np.ndarray]:
    rows = pd.read_csv(path, header=None).to_numpy(dtype=float)
    return rows[0, 0], rows[1, 0], rows[2:]


def ibi(folder: Path) -> list[Sample]:
    lines = (folder / "IBI.csv").read_text(encoding="utf-8").splitlines()
    start_s = float(lines[0].split(",")[0])
    pairs = [tuple(map(float, line.split(","))) for line in lines[1:]]
    return [(round((start_s + offset_s) * 1000), "ibi", length_s * 1000) for offset_s, length_s in pairs]


def acceleration(folder: Path) -> list[Sample]:
    """Low-passed by a Hamming-windowed FIR at a quarter of the rate, ends prolonged, every fourth value kept."""
    start_s, rate_hz, rows = table(folder / "ACC.csv")
    half = 10 * ACC_FACTOR
    taps = firwin(2 * half + 1, 1 / ACC_FACTOR, window="hamming")
    found: list[Sample] = []
    for axis, name in enumerate(("acc_x", "acc_y", "acc_z")):
        padded = np.pad(rows[:, axis] / 64, half, mode="edge")
        for k in range(0, len(rows), ACC_FACTOR):
            at_ms = round((start_s + k / rate_hz) * 1000)
            found.append((at_ms, name, float(taps @ padded[k : k + 2 * half + 1])))
    return found
