"""Running a Beam pipeline on the runner that was asked for, with its failures as one line."""

import os
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions

from pipelines.errors import EqmError, InputError, StackError

Item = TypeVar("Item")
Result = TypeVar("Result")

LOCAL: Final = ("DirectRunner", "FnApiRunner")
OURS: Final = re.compile(
    r"^(?:[\w.]*\.)?(?:Input|FeatureStore|Settings|Training|Stack)Error: (.+?)(?: \[while running .*)?$", re.M
)
LAST: Final = re.compile(r"^([\w.]+(?:Error|Exception|Interrupt)): ?(.*?)(?: \[while running .*)?$", re.M)


def pipeline_options(arguments: Sequence[str], *, items: int) -> PipelineOptions:
    """Beam's own options, passed through; a local run with much to do gets a worker process per core."""
    given = PipelineOptions(list(arguments))
    runner = given.view_as(StandardOptions).runner
    if (runner is None or runner in LOCAL) and items > 1 and not any("direct_" in each for each in arguments):
        workers = min(items, os.cpu_count() or 1)
        parallel = ["--direct_running_mode=multi_processing", f"--direct_num_workers={workers}"]
        return PipelineOptions([*arguments, *parallel])
    return given


def run(options: PipelineOptions, build: Callable[[beam.Pipeline], object]) -> None:
    """Runs what `build` adds to a pipeline, to its end; raises InputError or StackError with the first cause."""
    try:
        with beam.Pipeline(options=options) as pipeline:
            build(pipeline)
    except EqmError:
        raise
    except Exception as fault:
        raise _clear(fault) from fault


def for_each(work: Callable[[Item], Result], items: Iterable[Item]) -> Callable[[beam.Pipeline], beam.PCollection]:
    """What adds a step that does `work` with every item, spread over the workers; gives the results."""

    def build(pipeline: beam.Pipeline) -> beam.PCollection:
        return pipeline | beam.Create(list(items)) | beam.Reshuffle() | beam.Map(work)

    return build


def _clear(fault: Exception) -> EqmError:
    """What a worker raised, found in the text that runners make of it.

    >>> _clear(RuntimeError("Traceback ...\\npipelines.errors.InputError: x is torn [while running 'Map']"))
    InputError('x is torn')
    """
    text = str(fault)
    ours = OURS.findall(text)
    if ours:
        return InputError(ours[-1])
    last = LAST.findall(text)
    cause = ": ".join(last[-1]) if last else text.strip().splitlines()[-1] if text.strip() else repr(fault)
    return StackError(f"the Beam job failed: {cause}")
