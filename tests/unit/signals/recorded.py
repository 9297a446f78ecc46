"""Packed samples of Empatica E4 folders, read the slow way."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.signals.series.samples import pack
from schemas.channels import CHANNEL_INDEX

FILES = {"EDA": ("gsr",), "TEMP": ("temp",), "HR": ("hr",), "ACC": ("acc_x", "acc_y", "acc_z")}


def start_ms(field: str) -> int:
    """From the first field of a file: unix seconds or ISO text."""
    try:
        return round(float(field) * 1000)
    except ValueError:
        return round(datetime.fromisoformat(field).replace(tzinfo=UTC).timestamp() * 1000)


def interval_samples(folder: Path) -> NDArray[np.void]:
    head, *lines = (folder / "IBI.csv").read_text().splitlines()
    at_s, ibi_s = np.array([line.split(",") for line in lines], dtype=float).reshape(-1, 2).T
    times = start_ms(head.split(",")[0]) + np.round(at_s * 1000).astype(np.int64)
    return pack(times, np.full(len(times), CHANNEL_INDEX["ibi"]), ibi_s * 1000)


def recorded_samples(folder: Path) -> NDArray[np.void]:
    """All channels; acceleration thinned to 8 Hz."""
    parts = [interval_samples(folder)]
    for name, channels in FILES.items():
        head, rate, *lines = (folder / f"{name}.csv").read_text().splitlines()
        values = np.array([line.split(",") for line in lines], dtype=float)
        rate_hz = float(rate.split(",")[0])
        step = 4 if name == "ACC" else 1
        times = start_ms(head.split(",")[0]) + np.round(np.arange(len(values)) * 1000 / rate_hz).astype(np.int64)
        for column, channel in enumerate(channels):
            scaled = values[::step, column] / (64 if name == "ACC" else 1)
            parts.append(pack(times[::step], np.full(len(scaled), CHANNEL_INDEX[channel]), scaled))
    return np.concatenate(parts)
