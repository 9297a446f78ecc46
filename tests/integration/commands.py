"""The command as users run it, on a stack of the tests."""

import subprocess
import sys

from pipelines.core.settings import Settings
from tests.integration.ports import environment

PATIENCE_S = 600


def eqm(settings: Settings, *arguments: str, code: int = 0) -> str:
    """What the command prints; it must end with the exit code and without a word of complaint."""
    command = [sys.executable, "-m", "pipelines.cli.main", *arguments]
    done = subprocess.run(command, env=environment(settings), capture_output=True, text=True, timeout=PATIENCE_S)
    assert (done.returncode, done.stderr) == (code, ""), done.stderr[-2000:]
    return done.stdout
