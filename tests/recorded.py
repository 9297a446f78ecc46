"""The recorded hour that stands in this repository, and where all recordings are, for tests that need more.

`tests/data/stress_predict/S02` is one hour of one wrist device (Empatica E4), MIT, © 2022 Talha Iqbal; cite Sensors
2022, 22(21), 8135. Its notice stands beside it.
"""

import os
from pathlib import Path
from typing import Final

import pytest

DATA: Final = Path(__file__).parent / "data"
RECORDED_HOUR: Final = DATA / "stress_predict" / "S02"
RECORDED_USER: Final = "sp-S02"

NEEDED: Final = (
    "needs the recordings of 33 people: set EQM_RECORDINGS to a folder that holds the data sets stress_predict"
    " (Iqbal et al. 2022) and stress_exercise (Hongn et al. 2025, doi:10.13026/he0v-tf17) in Empatica's layout"
)


def all_recordings() -> Path:
    """The folder of all recordings; where it is not set, the test that asks is skipped and says how to get it."""
    folder = os.environ.get("EQM_RECORDINGS")
    if not folder or not Path(folder).is_dir():
        pytest.skip(NEEDED)
    return Path(folder)
