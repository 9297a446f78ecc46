"""Curves of scored rows: how well confidence fits, and what abstaining would buy."""

from typing import Any, Final

import numpy as np

from models.study.rows import BINS, Scored, confidence_bin

POINTS: Final = 50


def reliability(rows: Scored) -> list[dict[str, Any]]:
    """Of each of ten equal bins of confidence that holds rows: how many, their mean confidence and share of hits."""
    bins = confidence_bin(rows.probabilities)
    found = []
    for place in np.unique(bins):
        mine = bins == place
        found.append(
            {
                "from": place / BINS,
                "to": (place + 1) / BINS,
                "windows": int(mine.sum()),
                "confidence": float(rows.confidence[mine].mean()),
                "accuracy": float(rows.hit[mine].mean()),
            }
        )
    return found


def risk_coverage(rows: Scored) -> dict[str, Any]:
    """Share of wrong answers among the most confident share of rows; rows of equal confidence come together.

    `area` is the mean risk over all coverages (Geifman & El-Yaniv 2017, arXiv:1705.08500); at most 50 points are kept.
    """
    if len(rows.label) == 0:
        return {"area": None, "points": []}
    order = np.argsort(-rows.confidence, kind="stable")
    confidence = rows.confidence[order]
    answered = np.arange(1, len(order) + 1)
    risk = np.cumsum(1 - rows.hit[order]) / answered
    last = np.flatnonzero(np.r_[confidence[1:] != confidence[:-1], True])
    even = risk[last[np.searchsorted(last, answered - 1)]]
    shown = np.unique(last[np.linspace(0, len(last) - 1, min(POINTS, len(last))).round().astype(np.int64)])
    points = [
        {"coverage": float((at + 1) / len(order)), "risk": float(risk[at]), "confidence": float(confidence[at])}
        for at in shown
    ]
    return {"area": float(even.mean()), "points": points}
