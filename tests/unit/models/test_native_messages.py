import os

import pytest

from models.core.native_messages import without_native_messages


def test_native_messages_are_dropped_and_ours_come_through(capfd: pytest.CaptureFixture[str]) -> None:
    with without_native_messages():
        os.write(2, b"from below\n")
    os.write(2, b"from us\n")
    assert capfd.readouterr().err == "from us\n"


def test_they_come_back_after_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyError), without_native_messages():
        raise KeyError
    os.write(2, b"from us\n")
    assert capfd.readouterr().err == "from us\n"
