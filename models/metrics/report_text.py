"""The report of `models.metrics.report` in short lines for people."""

from collections.abc import Mapping
from typing import Any, Final

from models.metrics.report import Report

HOPEFUL: Final = (
    "The built-in settings were chosen by their figures on the 33 people of stress_predict and stress_exercise:"
    " for those people such figures are somewhat hopeful."
)
"""Said of real people where the built-in settings are used, for nobody can see here whose recordings these are."""

FIGURES: Final = {"balanced_accuracy": "balanced accuracy", "macro_f1": "macro-F1", "auroc": "AUROC", "ece": "ECE"}


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
    elif report.get("built_in_settings"):
        lines.append(HOPEFUL)
    if report.get("abstention"):
        lines.append(_stated(report["abstention"]))
    lines.append(_line("ensemble", report["ensemble"]))
    lines += [_line(name, figures) for name, figures in report["members"].items()]
    lines += [_line(person, figures) for person, figures in report["per_person"].items()]
    return lines + [_label_line(name, figures) for name, figures in report["ensemble"]["per_class"].items()]


def _line(name: str, figures: Mapping[str, Any]) -> str:
    return f"{name:<18}" + "  ".join(f"{text} {_number(figures[figure])}" for figure, text in FIGURES.items())


def _stated(figures: Mapping[str, Any]) -> str:
    wrong = "none of them to judge" if figures["risk"] is None else f"{figures['risk']:.0%} of them wrong"
    return (
        f"Stated risk {figures['stated_risk']:.0%}: below confidence {figures['min_confidence']:.2f} nothing is said."
        f" Of those held out {figures['coverage']:.0%} of windows are answered, smoothed, {wrong}."
    )


def _label_line(name: str, figures: Mapping[str, Any]) -> str:
    shown = "  ".join(f"{figure} {_number(figures[figure])}" for figure in ("recall", "precision", "f1", "auroc"))
    return f"{name:<18}{shown}  windows {figures['windows']}"


def _number(value: float | None) -> str:
    return "   -" if value is None else f"{value:.2f}"
