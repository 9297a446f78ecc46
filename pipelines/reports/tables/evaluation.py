"""An evaluation for a terminal."""

from collections.abc import Iterator
from typing import Any, Final

from rich.box import SIMPLE
from rich.table import Column, Table

HEADLINE: Final = {
    "auroc": "AUROC",
    "balanced_accuracy": "balanced accuracy",
    "macro_f1": "macro-F1",
    "ece": "ECE",
}
SHOWN_NAMES: Final = {
    "forest": "forest (yardstick)",
    "wide_forest": "forest, all inputs",
    "elapsed_time": "elapsed time alone",
}
MEASURES: Final = {
    "confidence": "1 – confidence",
    "entropy": "entropy",
    "disagreement": "members' disagreement",
    "monte_carlo": "Monte-Carlo dropout",
}
"""Of doubt."""
TITLES: Final = {
    "labels_shuffled": "labels shuffled",
    "physiology_frozen": "physiology frozen",
    "too_good": "too good to be true",
}


def parts(report: dict[str, Any]) -> Iterator[Table | str]:
    """Tables by task, with 95 % intervals, then the alarms; each says whose figures it shows."""
    for task in report["tasks"]:
        yield _table(task, report)
        yield from _by_set(task, report)
        yield _stated(task, report)
        yield from (f"  {fold} left out: {reason}" for fold, reason in task["folds_left_out"].items())
        yield from _unknown(task)
    yield from alarm_lines(report)
    if "note" in report:
        yield report["note"]


def learner(name: str) -> str:
    """A learner for people.

    >>> learner("forest"), learner("boosting")
    ('forest (yardstick)', 'boosting')
    """
    return SHOWN_NAMES.get(name, name)


def shown(figure: dict[str, Any], digits: int = 3) -> str:
    """A figure with its interval.

    >>> shown({"value": 0.8321, "low": 0.8, "high": 0.87}), shown({"value": None, "reason": "one label"})
    ('.832 [.800, .870]', '–')
    >>> shown({"value": 1.0, "low": None, "high": None})
    '1.000'
    """
    if figure["value"] is None:
        return "–"
    value = short(figure["value"], digits)
    ends = (figure["low"], figure["high"])
    return value if None in ends else f"{value} [{short(ends[0], digits)}, {short(ends[1], digits)}]"


def short(value: float, digits: int = 3) -> str:
    """A share without its leading zero.

    >>> short(0.5), short(-0.031), short(1.0)
    ('.500', '-.031', '1.000')
    """
    return f"{value:.{digits}f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.{digits}f}"


def alarm_lines(report: dict[str, Any]) -> list[str]:
    """One line an alarm that sounds or cannot be told; one for all the others."""
    each = [(task["name"], alarm) for task in report["tasks"] for alarm in task["alarms"]]
    loud = [f"LEAK ALARM: {_alarm(task, alarm)}" for task, alarm in each if alarm["sounds"]]
    unknown = [f"alarm not told: {_alarm(task, alarm)}" for task, alarm in each if "reason" in alarm]
    silent = len(each) - len(loud) - len(unknown)
    bound = f"an interval above {short(report['alarm_bound'], 2)} sounds one"
    return [*loud, *unknown, f"{silent} of {len(each)} leak alarms silent ({bound})"]


def _alarm(task: str, alarm: dict[str, Any]) -> str:
    judged = ", ".join(f"{name.replace('_', ' ')} {shown(alarm[name])}" for name in alarm["judged"])
    return f"{alarm['learner']}, {task}, {alarm['meaning']}: {judged}, {alarm['on']}"


def brief(figure: dict[str, Any]) -> str:
    """The same for narrow columns.

    >>> brief({"value": 0.8321, "low": 0.8, "high": 0.87}), brief({"value": None, "reason": "one label"})
    ('.832 .80–.87', '–')
    """
    if figure["value"] is None or figure["low"] is None:
        return shown(figure)
    return f"{short(figure['value'])} {short(figure['low'], 2)}–{short(figure['high'], 2)}"


def _table(task: dict[str, Any], report: dict[str, Any]) -> Table:
    first = next(iter(task["learners"].values()))["raw"]
    table = _headed(
        f"{task['name']}: {first['people']} {report['on']} of {', '.join(task['sets'])},"
        f" {first['windows']:,} windows, {report['held_out']}",
        "exercise called stress",
    )
    for name, its in task["learners"].items():
        for kind in ("raw", "smoothed"):
            figures = [*(its[kind][figure] for figure in HEADLINE), its[kind]["exercise_called_stress"]]
            table.add_row(learner(name) if kind == "raw" else "  smoothed", *map(brief, figures))
        table.add_row("  raw, later windows\n  of people seen", *(brief(its["later"][each]) for each in HEADLINE), "")
    elapsed = task["elapsed_time"]
    table.add_row("elapsed time alone,\nno model", *(brief(elapsed[figure]) for figure in HEADLINE), "", style="dim")
    return table


def _by_set(task: dict[str, Any], report: dict[str, Any]) -> Iterator[Table]:
    """Of a task of more labels: calm against stress alone, smoothed."""
    learners = task["learners"]
    for source in next(iter(learners.values()))["smoothed"]["calm_against_stress"] if len(task["labels"]) > 2 else ():
        each = {name: its["smoothed"]["calm_against_stress"][source] for name, its in learners.items()}
        people = next(iter(each.values()))["people"]
        table = _headed(f"of these, calm against stress alone, smoothed: {people} {report['on']} of {source}")
        for name, figures in each.items():
            table.add_row(learner(name), *(brief(figures[figure]) for figure in HEADLINE))
        yield table


def _stated(task: dict[str, Any], report: dict[str, Any]) -> Table:
    """Smoothed, as events are: wrong answers, and under them the share that is answered at all."""
    each = {name: its["smoothed"] for name, its in task["learners"].items()}
    first = next(iter(each.values()))
    table = _columns(
        f"wrong answers where a risk is stated, and share answered: {first['people']} {report['on']}, smoothed,"
        " the confidence chosen on the others",
        *(f"at most {stated['stated']:.0%} wrong" for stated in first["stated_risks"]),
    )
    for name, figures in each.items():
        cells = (f"{brief(its['risk'])}\nof {brief(its['coverage'])}" for its in figures["stated_risks"])
        table.add_row(learner(name), *cells)
    return table


def _headed(title: str, *more: str) -> Table:
    return _columns(title, *HEADLINE.values(), *more)


def _columns(title: str, *names: str) -> Table:
    heads = [Column(name, justify="right") for name in names]
    return Table("", *heads, title=title, title_justify="left", title_style="bold", box=SIMPLE, pad_edge=False)


def _unknown(task: dict[str, Any]) -> list[str]:
    """Why a figure is a dash, each reason once."""
    figures = [its["raw"][name] for its in task["learners"].values() for name in (*HEADLINE, "exercise_called_stress")]
    return [f"  –: {reason}" for reason in dict.fromkeys(each["reason"] for each in figures if each["value"] is None)]
