"""State of users who have left is removed: by Flink itself, in the emotions job's own query."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.core.settings import Settings
from pipelines.stack import java
from pipelines.streaming.job_config import FORGET_DAYS

JOB = Path(__file__).parent / "expiry_job.py"
PATIENCE_S = 300


def run(ttl: str, seconds: float, windows: int) -> list[str]:
    """For how long state is kept, and how many answers each window is given, its own among them; users take turns."""
    jars = [jar.as_uri() for jar in java.jars(Settings().jvm / "flink")]
    command = [sys.executable, str(JOB), ttl, str(seconds), str(windows), *jars]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.splitlines()[-2:]


@pytest.mark.parametrize(
    ("ttl", "seconds", "given"),
    [
        ("", 0.1, [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 6, 6]),
        ("1 h", 1.0, [1, 1, 2, 2, 3, 3]),
        ("200 ms", 1.0, [1, 1, 1, 1, 1, 1]),
    ],
)
def test_a_user_who_comes_back_after_the_state_has_expired_begins_anew(
    ttl: str, seconds: float, given: list[int]
) -> None:
    assert run(ttl, seconds, len(given)) == [ttl or f"{FORGET_DAYS} d", " ".join(map(str, given))]
