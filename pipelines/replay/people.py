"""A whole replay: people to messages, faults and all, into the broker, labels first."""

from collections.abc import Sequence
from datetime import datetime

from pipelines.core.errors import SettingsError
from pipelines.core.settings import Settings
from pipelines.replay.faults import FaultCounts, Faults, with_faults
from pipelines.replay.messages import in_event_time
from pipelines.replay.publish import Progress, publish_labels, publish_readings, publisher
from pipelines.sources.recording import Recording
from pipelines.sources.simulator import simulate_person
from schemas.topics import LABELS, READINGS


def replay(
    settings: Settings,
    people: Sequence[Recording],
    *,
    speed: float,
    faults: Faults,
    counts: FaultCounts,
    progress: Progress,
) -> int:
    """Sends everybody's labels, then all readings in event-time order. Returns the number of messages sent."""
    messages = with_faults(in_event_time(people), faults, counts)
    with publisher(settings.bootstrap_servers) as client:
        publish_labels(client, LABELS.name, (label for person in people for label in person.labels))
        return publish_readings(client, READINGS.name, messages, speed=speed, progress=progress)


def simulated(people: int, *, minutes: float, start: str, seed: int, first: int = 0) -> list[Recording]:
    """So many simulated people who all start at `start`, an ISO-8601 time with its zone."""
    if people < 1 or minutes <= 0:
        raise SettingsError(f"cannot simulate {people} people for {minutes} minutes: give at least one of each")
    try:
        moment = datetime.fromisoformat(start)
    except ValueError as fault:
        raise SettingsError(f"--start {start} is no ISO-8601 time: {fault}") from fault
    if moment.tzinfo is None:
        raise SettingsError(f"--start {start} has no time zone: add Z for UTC")
    start_ms = round(moment.timestamp() * 1000)
    return [simulate_person(first + person, seed, round(minutes * 60), start_ms) for person in range(people)]
