"""The report of `models.evaluation` in short lines for people."""

from collections.abc import Mapping
from typing import Any

from models.evaluation import Report

FIGURES = {"balanced_accuracy": "balanced accuracy", "macro_f1": "macro-F1", "auroc": "AUROC", "ece": "ECE"}


def report_lines(report: Report) -> list[str]:
    """Whose figures these are, then ensemble, members, held-out people and labels, one line each."""
    people = report["people"]
    kind, tested = report["trained_on"], people["test"]
    lines = [
        f"Trained on {len(people['train'])} {kind}, stopped and calibrated on {len(people['validation'])} others;"
        f" figures from {len(tested)} held out ({', '.join(tested)}), {report['windows']} windows.",
        f"Chance balanced accuracy is {report['chance_balanced_accuracy']:.2f}.",
    ]
    if report.get("windows_before_baseline"):
        lines.append(
            f"Left out: {report['windows_before_baseline']} windows from before a person's baseline was known."
        )
    if kind == "simulated people":
        lines.append(
            "Simulated people answer as the simulator was told to: these figures promise nothing for real ones."
        )
    lines.append(_line("ensemble", report["ensemble"]))
    lines += [_line(name, figures) for name, figures in report["members"].items()]
    lines += [_line(person, figures) for person, figures in report["per_person"].items()]
    return lines + [_label_line(name, figures) for name, figures in report["ensemble"]["per_class"].items()]


def _line(name: str, figures: Mapping[str, Any]) -> str:
    return f"{name:<18}" + "  ".join(f"{text} {_number(figures[figure])}" for figure, text in FIGURES.items())


def _label_line(name: str, figures: Mapping[str, Any]) -> str:
    shown = "  ".join(f"{figure} {_number(figures[figure])}" for figure in ("recall", "precision", "f1", "auroc"))
    return f"{name:<18}{shown}  windows {figures['windows']}"


def _number(value: float | None) -> str:
    return "   -" if value is None else f"{value:.2f}"
