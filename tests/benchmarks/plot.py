"""The figures as a picture: rates and latencies as bars on logarithmic axes, cores used against users."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from pipelines.reports.colours import BLUE, DARK, GREEN, ORANGE, SKY
from tests.benchmarks.ratios import VARIANTS, Parts, case_name, rates

WIDTH, LEFT, RIGHT = 900, 290, 90
ROW, GAP, TITLE = 22, 26, 24
COLOURS = {"limit": DARK, "features": BLUE, "ensemble": SKY, "student": GREEN}


@dataclass(frozen=True)
class Bar:
    """One row."""

    name: str
    value: float
    shown: str
    colour: str


def plot(parts: Parts) -> str:
    """An SVG of whatever was measured."""
    charts = [
        ("readings per second", rate_bars(parts)),
        ("window can close to committed event, milliseconds: p50, p99, p99.9", latency_bars(parts)),
        ("processor time per reading, microseconds, by users in real time", cost_bars(parts)),
    ]
    top, drawn = GAP, []
    for title, bars in charts:
        if bars:
            drawn.append(chart(title, bars, top))
            top += TITLE + ROW * len(bars) + GAP
    font = 'font-family="sans-serif" font-size="13"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" viewBox="0 0 {WIDTH} {top}" {font}>'
    return "\n".join([head, f'<rect width="{WIDTH}" height="{top}" fill="white"/>', *drawn, "</svg>\n"])


def rate_bars(parts: Parts) -> list[Bar]:
    return [Bar(VARIANTS[name], rate, f"{rate:,.0f}", COLOURS.get(name, ORANGE)) for name, rate in rates(parts).items()]


def latency_bars(parts: Parts) -> list[Bar]:
    return [
        Bar(case_name(case), case[name], f"{case[name]:,.0f}", colour)
        for case in parts.get("latency", {}).get("cases", ())
        for name, colour in (("p50", GREEN), ("p99", BLUE), ("p99_9", ORANGE))
        if case["windows"]
    ]


def cost_bars(parts: Parts) -> list[Bar]:
    found = [(each["users"], each["cpu_us_per_reading"]) for each in parts.get("cost", {}).get("levels", ())]
    return [Bar(f"{users:,} users", spent, f"{spent:,.1f}", BLUE) for users, spent in found]


def chart(title: str, bars: Sequence[Bar], top: int) -> str:
    """Bars whose lengths are logarithms: equal distances are equal ratios."""
    scale = Scale.over([bar.value for bar in bars])
    lines = [f'<text x="{LEFT}" y="{top + 12}" font-weight="bold">{escape(title)} (logarithmic)</text>']
    for place, bar in enumerate(bars):
        y = top + TITLE + ROW * place
        length = scale.length(bar.value)
        lines += [
            f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end">{escape(bar.name)}</text>',
            f'<rect x="{LEFT}" y="{y + 3}" width="{length:.1f}" height="{ROW - 6}" fill="{bar.colour}"/>',
            f'<text x="{LEFT + length + 6:.1f}" y="{y + 14}">{escape(bar.shown)}</text>',
        ]
    return "\n".join(lines)


@dataclass(frozen=True)
class Scale:
    """From the power of ten below the least value to the greatest."""

    low: float
    high: float

    @classmethod
    def over(cls, values: Sequence[float]) -> "Scale":
        positive = [math.log10(value) for value in values if value > 0] or [0.0]
        low = math.floor(min(positive) - 0.01)
        return cls(low, max(max(positive), low + 1.0))

    def length(self, value: float) -> float:
        """
        >>> round(Scale.over([10.0, 1000.0]).length(1000.0)), round(Scale(0, 2).length(10.0))
        (520, 260)
        """
        share = (math.log10(max(value, 10**self.low)) - self.low) / (self.high - self.low)
        return share * (WIDTH - LEFT - RIGHT)
