"""Progress bars: on a terminal a bar, elsewhere nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


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
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        task = bars.add_task(title, total=total)

        def moved(done: int, total: int | None = total) -> None:
            bars.update(task, completed=done, total=total)

        yield moved
