"""Settings for a stack beside any other: ports that are free, a home folder of its own."""

import os
import random
from pathlib import Path

from pipelines.core.ports import is_free
from pipelines.core.settings import Settings
from pipelines.stack.flink import LIGHT

NEEDED = 7


def separate_settings(home: Path, **changes: object) -> Settings:
    """Settings whose seven ports are free now; below the range from which the system takes client ports.

    Tests run for minutes: compiling for speed took half of the TaskManager's processor time. And many of them wait for
    readings in the archive.
    """
    first = next(base for base in iter(_candidate, None) if all(map(_free, range(base, base + NEEDED))))
    ports = {
        "kafka_port": first,
        "kafka_controller_port": first + 1,
        "flink_rest_port": first + 2,
        "flink_port_base": first + 3,
        "java_options": LIGHT,
        "roll_s": 1,
    }
    return Settings.model_validate({"home": home, **ports, **changes})


def _candidate() -> int:
    return random.randrange(20_000, 32_000)


def _free(number: int) -> bool:
    return is_free("127.0.0.1", number)


def environment(settings: Settings) -> dict[str, str]:
    """What a command of its own must be told to use this stack."""
    changed = settings.model_dump(exclude_defaults=True, exclude={"jvm"})
    return os.environ | {f"EQM_{name.upper()}": str(value) for name, value in changed.items()}
