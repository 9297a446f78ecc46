"""Running a Beam pipeline on the runner that was asked for, with its failures as one line."""

import argparse
import logging
import os
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Final, TypeVar

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions

from pipelines.core.errors import EqmError, InputError, SettingsError, StackError

Item = TypeVar("Item")
Result = TypeVar("Result")

WORTH_WORKERS: Final = 4
"""Starting worker processes takes some seconds: fewer items are done in this one."""

LOCAL: Final = ("DirectRunner", "FnApiRunner")
WHERE: Final = re.compile(r" \[while running [^\]]*\]")
OURS: Final = re.compile(r"^(?:[\w.]*\.)?(?:Input|FeatureStore|Settings|Training|Stack)Error: (.+)$", re.M)
LAST: Final = re.compile(r"^([\w.]+(?:Error|Exception|Interrupt)): ?(.*)$", re.M)


def pipeline_options(arguments: Sequence[str], *, items: int) -> PipelineOptions:
    """Beam's own options, passed through; a local run with much to do gets a worker process per core."""
    given = PipelineOptions(list(arguments))
    local = given.view_as(StandardOptions).runner in (None, *LOCAL)
    if local:
        _refuse_unknown(arguments)
    if local and items >= WORTH_WORKERS and not any("direct_" in each for each in arguments):
        workers = min(items, os.cpu_count() or 1)
        parallel = ["--direct_running_mode=multi_processing", f"--direct_num_workers={workers}"]
        return PipelineOptions([*arguments, *parallel])
    return given


def _refuse_unknown(arguments: Sequence[str]) -> None:
    """Beam drops what it does not know; a distributed engine may know more, a local run does not."""
    parser = argparse.ArgumentParser(allow_abbrev=False, add_help=False)
    for group in PipelineOptions.__subclasses__():
        with suppress(argparse.ArgumentError):
            group._add_argparse_args(parser)
    unknown = parser.parse_known_args(list(arguments))[1]
    if unknown:
        raise SettingsError(f"Beam has no option {unknown[0]}: correct it, or name the runner that has it")


def run(options: PipelineOptions, build: Callable[[beam.Pipeline], object]) -> None:
    """Runs what `build` adds to a pipeline, to its end; raises InputError or StackError with the first cause."""
    logging.getLogger("apache_beam").setLevel(logging.CRITICAL)
    try:
        with beam.Pipeline(options=options) as pipeline:
            build(pipeline)
    except Exception as fault:
        raise _clear(fault) from fault


def for_each(work: Callable[[Item], Result], items: Iterable[Item]) -> Callable[[beam.Pipeline], beam.PCollection]:
    """What adds a step that does `work` with every item, spread over the workers; gives the results."""

    def build(pipeline: beam.Pipeline) -> beam.PCollection:
        return pipeline | beam.Create(list(items)) | beam.Reshuffle() | "work" >> beam.Map(work)

    return build


def _clear(fault: Exception) -> EqmError:
    """What went wrong in a worker: the fault itself, or found in the text that runners make of it.

    >>> _clear(RuntimeError("Traceback ...\\npipelines.errors.InputError: x is torn [while running 'work']"))
    InputError('x is torn')
    """
    text = WHERE.sub("", str(fault))
    if isinstance(fault, EqmError):
        return type(fault)(text)
    if ours := OURS.findall(text):
        return InputError(ours[-1])
    causes = LAST.findall(text) or [(type(fault).__name__, text.strip())]
    return StackError(f"the Beam job failed: {': '.join(causes[-1])}")
