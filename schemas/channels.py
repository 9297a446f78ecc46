"""The one table of measured channels: unit, the values a sensor can report, the values a body can have."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Channel:
    """A measured quantity.

    `valid` bounds what is accepted at all (outside: quarantined); `plausible` bounds what a body can have (outside:
    accepted and archived, but no feature reads it, and quality is lower). Both are inclusive. `none` are the numbers
    that devices send for "no value": they count as null. A `successive` channel may also be a list of durations, one
    after the other, the last of which ends at the message's timestamp. Channels of one `device` are only meaningful
    from the same one, as the axes of an accelerometer. `of_body`: a sensor on a table gives no good signal of it, so
    that it shows whether a device is worn.
    """

    name: str
    unit: str
    valid: tuple[float, float]
    plausible: tuple[float, float]
    description: str
    none: tuple[int, ...] = ()
    successive: bool = False
    device: str = ""
    of_body: bool = False


# For "no value" devices send 0 (sensor off the body, as vendors' kits say of pulse and oxygen) or -1; the largest
# number of their field, 255 or 65535 (invalid in the FIT protocol and in oximeters' serial protocols); 127 and 511
# (oxygen and pulse missing in Nonin's). 0 °C, 0 g or 0 µS may be true, and are values.
CHANNELS: Final[tuple[Channel, ...]] = (
    Channel("hr", "bpm", (20, 300), (30, 220), "heart rate", none=(-1, 0, 255, 511), of_body=True),
    Channel(
        "ibi",
        "ms",
        (200, 4000),
        (273, 2000),
        "inter-beat interval, stamped at its second beat",
        none=(-1, 0, 65_535),
        successive=True,
        of_body=True,
    ),
    Channel("hrv", "ms", (0, 1000), (1, 300), "RMSSD as the device reports it", none=(-1, 0, 65_535)),
    Channel("gsr", "µS", (0, 120), (0.05, 60), "skin conductance", of_body=True),
    Channel("temp", "°C", (0, 60), (20, 42), "skin temperature"),
    Channel("acc_x", "g", (-16, 16), (-8, 8), "acceleration, x", device="accelerometer"),
    Channel("acc_y", "g", (-16, 16), (-8, 8), "acceleration, y", device="accelerometer"),
    Channel("acc_z", "g", (-16, 16), (-8, 8), "acceleration, z", device="accelerometer"),
    Channel("gyro_x", "deg/s", (-4000, 4000), (-2000, 2000), "angular rate, x", device="gyroscope"),
    Channel("gyro_y", "deg/s", (-4000, 4000), (-2000, 2000), "angular rate, y", device="gyroscope"),
    Channel("gyro_z", "deg/s", (-4000, 4000), (-2000, 2000), "angular rate, z", device="gyroscope"),
    Channel("spo2", "%", (0, 100), (70, 100), "blood oxygen saturation", none=(-1, 0, 127, 255)),
)

CHANNEL_NAMES: Final = tuple(channel.name for channel in CHANNELS)
CHANNEL_INDEX: Final = {name: index for index, name in enumerate(CHANNEL_NAMES)}

BODY_CHANNELS: Final = tuple(channel.name for channel in CHANNELS if channel.of_body)
"""What an unworn sensor does not give. Temperature it does; oxygen and variability may stand still on a body, too."""

SEQUENCE_CHANNELS: Final = ("hr", "ibi", "gsr", "temp", "acc_mag", "spo2")
"""What the networks read once per second; `acc_mag` is the Euclidean norm of the three axes."""
