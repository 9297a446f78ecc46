"""An explanation for a terminal."""

from collections.abc import Iterator
from typing import Any, Final

from rich.box import SIMPLE
from rich.table import Column, Table

from pipelines.reports.tables.evaluation import short

TOP: Final = 10


def parts(report: dict[str, Any]) -> Iterator[Table | str]:
    """Importance of families and of the first features, then the cautions; titles say whose windows they are of."""
    for kind in ("families", "features"):
        yield _table(report, kind)
    yield from report["cautions"]


def drop(figure: dict[str, float]) -> str:
    """A drop and its spread over the repeats.

    >>> drop({"drop": 0.0512, "spread": 0.004}), drop({"drop": 0.0, "spread": 0.0})
    ('.051 ± .004', '.000 ± .000')
    """
    return f"{short(figure['drop'])} ± {short(figure['spread'])}"


def title(name: str) -> str:
    """A family for people.

    >>> title("heart_rate")
    'heart rate'
    """
    return name.replace("_", " ")


def largest(sizes: dict[str, float]) -> str:
    """The label that is moved most, and by how much.

    >>> largest({"calm": 0.02, "stress": 0.126}), largest({"calm": 0.0, "stress": 0.0})
    ('.126 stress', '.000')
    """
    label = max(sizes, key=sizes.__getitem__)
    return f"{short(sizes[label])} {label}" if sizes[label] else short(0.0)


def _table(report: dict[str, Any], kind: str) -> Table:
    columns = [Column(name, justify="right") for name in ("AUROC drops by", "balanced accuracy by")]
    columns.append(Column("largest mean |SHAP|"))
    table = Table("", *columns, title=_caption(report, kind), title_justify="left", box=SIMPLE, pad_edge=False)
    sizes = {entry["name"]: largest(entry["mean_absolute"]) for entry in report["shap"][kind]}
    for entry in report["permutation"][kind][:TOP]:
        name = title(entry["name"]) if kind == "families" else entry["name"]
        table.add_row(name, drop(entry["auroc"]), drop(entry["balanced_accuracy"]), sizes[entry["name"]])
    return table


def _caption(report: dict[str, Any], kind: str) -> str:
    permuted = report["permutation"]
    return (
        f"{kind}: {len(report['people'])} {report['on']}, {permuted['windows']} windows permuted"
        f" (AUROC {short(permuted['auroc'])}, balanced accuracy {short(permuted['balanced_accuracy'])}),"
        f" {report['shap']['windows']} explained"
    )
