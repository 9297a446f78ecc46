"""One stack and one bundle for the whole session; tests of the stack's own life have another."""

from pathlib import Path

import pytest

from tests.recorded import all_recordings
from tests.shared_stack import bundle, stack

__all__ = ["bundle", "stack"]

collect_ignore_glob = ["*_job.py"]
"""Jobs are programs for a cluster, not modules to look for tests in."""


@pytest.fixture(scope="session")
def recordings_folder() -> Path:
    return all_recordings()
