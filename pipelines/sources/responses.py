"""How a simulated body answers an emotion: one table for the simulator.

The directions follow the reviews, those of motion are assumed; the sizes are chosen so that 60-s windows can be told
apart far better than by chance and far from perfectly. They are a simulation, not a finding: over 202 studies the
responses within one emotion varied widely and did not clearly tell emotions apart (Siegel et al. 2018,
doi:10.1037/bul0000128). So every person and every episode deviates from the table, yet less than real ones would.
"""

from dataclasses import dataclass
from typing import Final

KREIBIG = "Kreibig 2010, doi:10.1016/j.biopsycho.2010.03.010"
EKMAN = "Ekman, Levenson & Friesen 1983, doi:10.1126/science.6612338"
BERNTSON = "Berntson et al. 1997, doi:10.1111/j.1469-8986.1997.tb02140.x"
BOUCSEIN = "Boucsein et al. 2012, doi:10.1111/j.1469-8986.2012.01384.x"
RIMM_KAUFMAN = "Rimm-Kaufman & Kagan 1996, doi:10.1007/BF02251007"
KISTLER = "Kistler et al. 1998, doi:10.1016/S0167-8760(97)00087-1"


@dataclass(frozen=True)
class Response:
    """Change from the person's resting level while the emotion lasts."""

    hr: float
    """Heart rate, bpm."""
    rsa: float
    """Respiratory modulation of the heart period, natural log of the ratio."""
    breathing: float
    """Breathing rate, log ratio."""
    scl: float
    """Skin conductance level, log ratio."""
    scr_rate: float
    """Skin conductance responses per minute."""
    scr_size: float
    """Their amplitude, log ratio."""
    temp: float
    """Skin temperature, °C."""
    motion: float
    """Bouts of movement and restlessness of the wrist, log ratio."""
    source: str


FIELDS: Final = ("hr", "rsa", "breathing", "scl", "scr_rate", "scr_size", "temp", "motion")

RESPONSES: Final = {
    "neutral": Response(0, 0, 0, 0, 0, 0, 0, 0, "the resting level itself"),
    "happy": Response(7, -0.20, 0.15, 0.10, 3, 0.1, 1.0, 0.9, f"{KREIBIG}; hands warm: {RIMM_KAUFMAN}"),
    "sad": Response(-6, 0.10, -0.05, -0.35, -2, -0.3, -0.3, -0.9, f"{KREIBIG} (sadness without crying)"),
    "angry": Response(16, -0.60, 0.25, 0.45, 6, 0.3, 0.5, 1.1, f"{KREIBIG}; warmer than fear: {EKMAN}"),
    "fear": Response(15, -0.70, 0.40, 0.50, 8, 0.3, -1.3, 0.2, f"{KREIBIG}; hands cool under threat: {RIMM_KAUFMAN}"),
    "surprise": Response(5, -0.10, 0.10, 0.25, 6, 0.9, -0.2, 0.5, f"{KREIBIG} (large, brief conductance responses)"),
    "disgust": Response(-4, 0.40, 0.10, 0.25, 3, 0.0, -0.8, -0.3, f"{KREIBIG} (slowing, more variable heart)"),
}


@dataclass(frozen=True)
class Lag:
    """Dead time, then an exponential approach with this time constant."""

    delay_s: float
    tau_s: float
    source: str


LAGS: Final = {
    "hr": Lag(1, 4, f"sympathetic, seconds: {BERNTSON}"),
    "rsa": Lag(1, 3, f"vagal, within a few beats: {BERNTSON}"),
    "breathing": Lag(1, 3, "assumed: within a breath or two"),
    "scl": Lag(2, 8, BOUCSEIN),
    "scr_rate": Lag(0, 1, BOUCSEIN),
    "scr_size": Lag(0, 1, BOUCSEIN),
    "temp": Lag(12, 15, f"first change after about 15 s: {KISTLER}"),
    "motion": Lag(0, 2, "assumed"),
}

SCR_LATENCY_S: Final = (1.0, 3.0)
"""From what evokes a response to its onset (Boucsein et al. 2012)."""
