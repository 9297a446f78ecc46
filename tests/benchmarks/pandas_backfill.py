"""The yardstick: windows and statistics as one would write them with pandas, in one process."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from schemas.windows import HOP_S, WINDOW_S
from tests.benchmarks.archives import LEVELS

CHANNELS = [*LEVELS, "ibi"]


def windows(files: Sequence[Path], *, user: str, minutes: int) -> pd.DataFrame:
    """The first minutes of one user: six statistics of seven channels, and four of heart rate variability."""
    columns = ["user_id", "timestamp_ms", *CHANNELS]
    readings = pd.concat([pd.read_parquet(file, columns=columns, partitioning=None) for file in files])
    readings = readings[readings["user_id"] == user]
    frame = readings.assign(at=pd.to_datetime(readings["timestamp_ms"], unit="ms")).set_index("at").sort_index()
    first = frame.index[0]
    starts = pd.date_range(first, first + pd.Timedelta(minutes=minutes), freq=f"{HOP_S}s", inclusive="left")
    last = pd.Timedelta(seconds=WINDOW_S) - pd.Timedelta(1)
    return pd.DataFrame([_features(frame.loc[start : start + last, CHANNELS]) for start in starts], index=starts)


def _features(part: pd.DataFrame) -> dict[str, float]:
    found = part.agg(["mean", "std", "min", "max"])
    statistics = {f"{channel}_{name}": value for channel in part for name, value in found[channel].items()}
    for channel in part:
        given = part[channel].dropna()
        seconds = (given.index - part.index[0]).total_seconds()
        statistics[f"{channel}_range"] = statistics[f"{channel}_max"] - statistics[f"{channel}_min"]
        statistics[f"{channel}_slope"] = np.polyfit(seconds, given, 1)[0]
    steps = part["ibi"].dropna().diff().dropna()
    statistics["hrv_rmssd"] = np.sqrt((steps**2).mean())
    statistics["hrv_sdnn"] = part["ibi"].std()
    statistics["hrv_pnn50"] = (steps.abs() > 50).mean() * 100
    statistics["hrv_mean_nn"] = part["ibi"].mean()
    return statistics
