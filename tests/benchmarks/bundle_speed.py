"""`python -m tests.benchmarks.bundle_speed WINDOWS.npz BUNDLE…`: windows per second of bundles, one thread, as JSON.

In a process of its own: where TensorFlow has trained anything, its threads can no longer be told.
"""

import json
import os
import statistics
import sys
import time

import numpy as np

from models.bundle.predictor import Predictor

ROUNDS = 7
LEAST_S = 0.5
"""Of a measurement; in each round every bundle has its turn, so that whatever else runs slows all alike."""


def main() -> None:
    os.environ["OMP_NUM_THREADS"] = "1"
    windows = dict(np.load(sys.argv[1]))
    bundles = {folder: Predictor.load(folder, threads=1) for folder in sys.argv[2:]}
    rates: dict[str, list[float]] = {folder: [] for folder in bundles}
    for _ in range(ROUNDS):
        for folder, bundle in bundles.items():
            rates[folder].append(rate(bundle, windows))
    print(json.dumps({folder: statistics.median(found) for folder, found in rates.items()}))


def rate(bundle: Predictor, windows: dict[str, np.ndarray]) -> float:
    """Windows per second of processor time, so that other processes count less."""
    wall, used, done = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() < wall + LEAST_S:
        bundle.predict(**windows)
        done += len(windows["features"])
    return done / (time.process_time() - used)


if __name__ == "__main__":
    main()
