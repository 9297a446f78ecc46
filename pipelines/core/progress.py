"""Progress bars, on a terminal alone; and what else a command says beside its results."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from models.core.progress import Progress
from pipelines.core.console import TerminalConsole
from schemas.message_rules import escaped


@contextmanager
def counted(title: str, unit: str, total: int | None = None) -> Iterator[Callable[..., None]]:
    """Yields a callable that moves the bar: `done`, and `total` where that was not known before."""
    columns = (
        TextColumn("{task.description:<12}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeRemainingColumn(),
    )
    console = TerminalConsole(stderr=True)
    with Bars(*columns, console=console, disable=not console.is_terminal) as bars:
        task = bars.add_task(title, total=total)

        def moved(done: int, total: int | None = total) -> None:
            bars.update(task, completed=done, total=total)

        yield moved


@contextmanager
def training_bar() -> Iterator[Callable[[Progress], None]]:
    """Yields what a training reports each epoch to."""
    console = TerminalConsole(stderr=True)
    columns = (
        TextColumn("{task.description:<18}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("epochs  {task.fields[loss]}"),
    )
    with Bars(*columns, console=console, disable=not console.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def report(at: Progress) -> None:
            if at.member not in tasks:
                tasks[at.member] = bars.add_task(at.member, total=at.of, loss="")
            loss = f"loss {at.loss:.3f}, on validation people {at.validation_loss:.3f}"
            bars.update(tasks[at.member], completed=at.epoch, loss=loss)

        yield report


def say_on_stderr(line: str) -> None:
    """Says what a user should know of a command that goes on all the same; output stays for its results."""
    print(f"eqm: {escaped(line)}", file=sys.stderr)
