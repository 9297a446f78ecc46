"""A compiled loop is never older than the loops that it calls."""

import subprocess
import sys
from pathlib import Path

from pipelines.signals.series.compiled import cache_folder

CALLED = """
from pipelines.signals.series.compiled import compiled

@compiled
def called(x: float) -> float:
    return x + {number}
"""
CALLING = """
import numba
from pipelines.signals.series import compiled as loops

numba.config.CACHE_DIR = str(loops.cache_folder(loops.Path("{folder}")))
loops.SOURCES = loops.Path("{folder}")

from called import called

@loops.compiled
def calling(x: float) -> float:
    return called(x)

print(calling(1.0))
"""


def told(folder: Path, number: int) -> str:
    (folder / "called.py").write_text(CALLED.format(number=number), encoding="utf-8")
    run = [sys.executable, str(folder / "calling.py")]
    root = str(Path(__file__).parents[3])
    found = subprocess.run(run, check=True, capture_output=True, text=True, env={"PYTHONPATH": root}, timeout=120)
    return found.stdout.strip()


def test_a_loop_whose_callee_changed_is_compiled_anew(tmp_path: Path) -> None:
    (tmp_path / "calling.py").write_text(CALLING.format(folder=tmp_path), encoding="utf-8")
    assert told(tmp_path, 1) == "2.0"
    assert list(tmp_path.glob("__pycache__/compiled-*/**/*.nbc"))
    assert told(tmp_path, 5) == "6.0"


def test_the_cache_is_named_by_every_source(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("A = 1", encoding="utf-8")
    before = cache_folder.__wrapped__(tmp_path)
    (tmp_path / "two.py").write_text("B = 1", encoding="utf-8")
    assert cache_folder.__wrapped__(tmp_path) != before
