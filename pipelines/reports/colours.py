"""One colour per label, the same in the report and in the terminal, apart for colour-blind eyes too.

The palette is Okabe and Ito's (https://jfly.uni-koeln.de/color/); grey is kept for abstentions.
"""

from collections.abc import Sequence
from itertools import cycle
from typing import Final

SKY, YELLOW, BLUE, VERMILION, PURPLE, ORANGE, GREEN = (
    "#56b4e9",
    "#f0e442",
    "#0072b2",
    "#d55e00",
    "#cc79a7",
    "#e69f00",
    "#009e73",
)

PALETTE: Final = (SKY, YELLOW, BLUE, VERMILION, PURPLE, ORANGE, GREEN)

KNOWN: Final = {
    "neutral": SKY,
    "happy": YELLOW,
    "sad": BLUE,
    "angry": VERMILION,
    "fear": PURPLE,
    "surprise": ORANGE,
    "disgust": GREEN,
    "calm": SKY,
    "stress": VERMILION,
    "exercise": GREEN,
}

ABSTAINED: Final = "#b8bcc4"
DARK: Final = "#16181d"
LIGHT: Final = "#ffffff"


def colours(labels: Sequence[str]) -> dict[str, str]:
    """A colour per label; labels without a colour of their own take the unused ones in turn.

    >>> colours(["calm", "stress", "dozing"])["dozing"]
    '#f0e442'
    """
    taken = {KNOWN.get(label) for label in labels}
    spare = cycle([colour for colour in PALETTE if colour not in taken] or PALETTE)
    return {label: KNOWN.get(label) or next(spare) for label in labels}


def ink(colour: str) -> str:
    """Dark or light text, whichever reads better on a colour.

    >>> ink("#f0e442"), ink("#0072b2")
    ('#16181d', '#ffffff')
    """
    return max(DARK, LIGHT, key=lambda text: contrast(text, colour))


def contrast(one: str, other: str) -> float:
    """The ratio of luminances, 1 to 21 (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`, 0 to 1 (WCAG 2.2)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
