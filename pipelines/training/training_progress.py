"""The training's progress bar: one line a member."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn
from rich.progress import Progress as Bars

from models.training.train import Progress


@contextmanager
def training_bar() -> Iterator[Callable[[Progress], None]]:
    """Yields what `models.training.train.train` reports each epoch to."""
    console = Console(stderr=True)
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
