"""Live models and comparisons for a terminal."""

from collections.abc import Iterable, Mapping

from rich.table import Table

from pipelines.labels.window_labels import contradiction_lines
from pipelines.rollout.comparison import Figures, ModelComparison
from schemas.records import ModelReport

TITLES = {
    "shadow": "{0} beside its shadow {1}: the same windows",
    "share": "{0} beside {1}: each its own users",
}


def live_table(workers: Mapping[str, list[ModelReport]]) -> Table:
    """A line for each model of each worker."""
    table = Table("worker", "role", "model", "is", "windows", "p50 ms", "p99 ms")
    for worker, said in workers.items():
        for report in said:
            role = f"{report.role or '?'} {report.share:.0%}" if report.share is not None else report.role or "?"
            state = f"{report.status}: {report.detail}" if report.detail else report.status
            times = (str(report.windows), number(report.p50_ms), number(report.p99_ms))
            table.add_row(worker, role, f"{report.name or '?'} {report.version or ''}", state, *times)
    return table


def comparison_parts(found: Iterable[ModelComparison]) -> Iterable[Table | str]:
    """A table for each pair, and what they agree on."""
    for pair in found:
        sides = (pair.serving, pair.other)
        yield TITLES[pair.kind].format(*(f"{side.name} {side.version}" for side in sides))
        yield _table(sides)
        yield from (f"  {line}" for line in contradiction_lines(max(side.contradicted for side in sides)))
        if pair.agreement:
            same, apart = pair.agreement.same_emotion, pair.agreement.total_variation
            yield (
                f"  of {pair.agreement.windows} windows both named an emotion for {pair.agreement.named}:"
                f" the same for {share(same)}; probabilities differ by {number(apart)} on average (0 to 1)"
            )


def _table(sides: Iterable[Figures]) -> Table:
    columns = ("model", "trained on", "users", "windows", "abstained", "p50 ms", "p99 ms")
    table = Table(*columns, "labelled", "accuracy", "balanced", "ECE")
    for side in sides:
        told = (side.version, side.trained_on or "not known", str(side.users), str(side.windows), share(side.abstained))
        times = (number(side.latency.p50_ms), number(side.latency.p99_ms))
        right = (share(side.accuracy), share(side.balanced_accuracy), number(side.ece))
        table.add_row(*told, *times, str(side.labelled), *right)
    return table


def number(value: float | None) -> str:
    """
    >>> number(0.12345), number(None)
    ('0.123', '-')
    """
    return "-" if value is None else f"{value:.3f}"


def share(value: float | None) -> str:
    """
    >>> share(0.5), share(None)
    ('50.0%', '-')
    """
    return "-" if value is None else f"{value:.1%}"
