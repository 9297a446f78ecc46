"""A pipeline that fails says why in one line, wherever it ran."""

import pytest
from apache_beam.options.pipeline_options import DirectOptions

from pipelines.batch.engine import WORTH_WORKERS, for_each, pipeline_options, run
from pipelines.core.errors import InputError, SettingsError, StackError


def torn(item: int) -> int:
    raise InputError(f"file {item} is torn; restore it")


def impossible(item: int) -> float:
    return item / 0


def test_our_errors_come_back_as_they_were() -> None:
    with pytest.raises(InputError) as fault:
        run(pipeline_options([], items=1), for_each(torn, [7]))
    assert str(fault.value) == "file 7 is torn; restore it"


def test_other_errors_are_one_line() -> None:
    with pytest.raises(StackError) as fault:
        run(pipeline_options([], items=1), for_each(impossible, [7]))
    assert str(fault.value) == "the Beam job failed: ZeroDivisionError: division by zero"


def test_much_to_do_gets_a_process_per_core_unless_told_otherwise() -> None:
    def workers(arguments: list[str], items: int) -> int:
        return int(pipeline_options(arguments, items=items).view_as(DirectOptions).direct_num_workers)

    assert workers([], WORTH_WORKERS - 1) == 1
    assert workers([], 100) > 1
    assert workers(["--direct_num_workers=3"], 100) == 3


def test_an_option_that_nobody_knows_is_refused() -> None:
    with pytest.raises(SettingsError, match="Beam has no option --runer=x"):
        pipeline_options(["--runer=x"], items=1)
    pipeline_options(["--runner=FlinkRunner", "--flink_only=x"], items=1)
