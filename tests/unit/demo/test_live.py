"""Work in the background of the demo: whatever goes wrong in it is raised where somebody waits for it."""

import time
from collections.abc import Callable

import pytest

from pipelines.core.errors import StackError
from pipelines.demo.live import in_background

FAULTS = [StackError("the broker is away"), OSError("disk full"), IndexError("windows"), SystemExit(1)]


def failing(fault: BaseException) -> Callable[[], object]:
    def work() -> None:
        raise fault

    return work


def wait(ended: Callable[[], bool]) -> None:
    while not ended():
        time.sleep(0.01)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_the_error_of_the_work_is_raised_by_the_question_whether_it_has_ended(fault: BaseException) -> None:
    with pytest.raises(type(fault)) as raised, in_background(failing(fault)) as ended:
        wait(ended)
    assert raised.value is fault


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_an_error_that_nobody_asked_for_is_raised_at_the_end(fault: BaseException) -> None:
    with pytest.raises(type(fault)) as raised, in_background(failing(fault)):
        pass
    assert raised.value is fault


def test_work_that_goes_well_has_ended_behind_the_block() -> None:
    done: list[int] = []

    def work() -> None:
        time.sleep(0.05)
        done.append(1)

    with in_background(work) as ended:
        assert not ended()
    assert ended()
    assert done == [1]
