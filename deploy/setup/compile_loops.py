"""Compiles the loops over samples, once for all processes to come: a job's first worker would take a minute for it.

They are kept beside their sources (`pipelines/signals/series/compiled.py`).
"""

from pipelines.features.compute import compute_windows
from pipelines.features.windowing import windows
from pipelines.sources.recording import to_samples
from pipelines.sources.simulator import simulate_person

ENOUGH_S = 180
"""So that some windows are whole, and each loop is called."""


def main() -> None:
    formed = windows(to_samples(simulate_person(0, 1, ENOUGH_S, 1_735_689_600_000)), 0)
    compute_windows(formed.window_start_ms, formed.samples, formed.offsets)


if __name__ == "__main__":
    main()
