"""The one table of measured channels: unit, the values a sensor can report, the values a body can have."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Channel:
    """A measured quantity.

    `valid` bounds what is accepted at all (outside: quarantined); `plausible` bounds what counts as
    good signal on a worn device (outside: accepted, but lowers quality). Both are inclusive.
    """

    name: str
    unit: str
    valid: tuple[float, float]
    plausible: tuple[float, float]
    description: str


CHANNELS: Final[tuple[Channel, ...]] = (
    Channel("hr", "bpm", (20, 300), (30, 220), "heart rate"),
    Channel("ibi", "ms", (200, 4000), (273, 2000), "inter-beat interval, stamped at its second beat"),
    Channel("hrv", "ms", (0, 1000), (1, 300), "RMSSD as the device reports it"),
    Channel("gsr", "µS", (0, 120), (0.01, 60), "skin conductance"),
    Channel("temp", "°C", (0, 60), (20, 42), "skin temperature"),
    Channel("acc_x", "g", (-16, 16), (-8, 8), "acceleration, x"),
    Channel("acc_y", "g", (-16, 16), (-8, 8), "acceleration, y"),
    Channel("acc_z", "g", (-16, 16), (-8, 8), "acceleration, z"),
    Channel("gyro_x", "deg/s", (-4000, 4000), (-2000, 2000), "angular rate, x"),
    Channel("gyro_y", "deg/s", (-4000, 4000), (-2000, 2000), "angular rate, y"),
    Channel("gyro_z", "deg/s", (-4000, 4000), (-2000, 2000), "angular rate, z"),
    Channel("spo2", "%", (0, 100), (70, 100), "blood oxygen saturation"),
)

CHANNEL_NAMES: Final = tuple(channel.name for channel in CHANNELS)
CHANNEL_INDEX: Final = {name: index for index, name in enumerate(CHANNEL_NAMES)}

SEQUENCE_CHANNELS: Final = ("hr", "ibi", "gsr", "temp", "acc_mag", "spo2")
"""What the networks read once per second; `acc_mag` is the Euclidean norm of the three axes."""
