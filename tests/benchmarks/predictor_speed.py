"""`python -m tests.benchmarks.predictor_speed BUNDLE WINDOWS.npz SECONDS`: windows a second of a bundle, one thread.

Says when it is ready, and begins when it reads a line: so several begin at once.
"""

import json
import sys
import time

import numpy as np

from models.bundle.predictor import Predictor


def main() -> None:
    predictor = Predictor.load(sys.argv[1], threads=1)
    windows = dict(np.load(sys.argv[2]))
    predictor.predict(**windows)
    print("ready", flush=True)
    sys.stdin.readline()
    begun_s = now_s = time.perf_counter()
    done = 0
    while now_s < begun_s + float(sys.argv[3]):
        predictor.predict(**windows)
        done += len(windows["features"])
        now_s = time.perf_counter()
    print(json.dumps(done / (now_s - begun_s)))


if __name__ == "__main__":
    main()
