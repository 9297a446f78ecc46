"""A running emotions job under steady feature windows, and bundles that differ in what their manifests say."""

import json
import shutil
import threading
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from confluent_kafka import Producer

from models.bundle import folder as bundles
from models.core.manifest import Manifest
from pipelines.core.settings import Settings
from pipelines.features.compute import compute_windows
from pipelines.features.records import feature_records
from pipelines.features.windowing import windows
from pipelines.replay.people import simulated
from pipelines.sources.recording import to_samples
from schemas.topics import FEATURES, MODEL_REPORTS
from schemas.windows import HOP_MS, WINDOW_MS
from tests.integration import streaming

USERS = [f"user-{number:02d}" for number in range(16)]
START_MS = 1_750_000_000_000
PAUSE_S = 0.15

Key = tuple[str, int]


@dataclass
class Stream:
    """Sends a window of every user again and again, until it is told to end."""

    settings: Settings
    job: str
    sent: list[Key] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)

    def send(self) -> None:
        payloads = self._payloads()
        client = Producer({"bootstrap.servers": self.settings.bootstrap_servers, "enable.idempotence": True})
        while not self._ended.wait(PAUSE_S):
            for _ in USERS:
                (user, start_ms), payload = next(payloads)
                client.produce(FEATURES.name, payload, user.encode(), timestamp=start_ms + WINDOW_MS)
                self.sent.append((user, start_ms))
            client.flush()

    def end(self) -> None:
        self._ended.set()

    def _payloads(self) -> Iterator[tuple[Key, bytes]]:
        person = windows(to_samples(simulated(1, minutes=3, start="2025-06-01T12:00:00Z", seed=3)[0]), phase_ms=0)
        computed = compute_windows(person.window_start_ms, person.samples, person.offsets)
        hop = 0
        while True:
            for number, user in enumerate(USERS):
                start_ms = START_MS // HOP_MS * HOP_MS + hop * HOP_MS
                row = (hop + number) % len(person.window_start_ms)
                one = computed.rows(slice(row, row + 1))
                yield (user, start_ms), feature_records(one, [user], np.array([start_ms]))[0]
            hop += 1

    def events(self) -> streaming.Records:
        return streaming.events(self.settings)

    def new_events(self, least: int = 3 * len(USERS)) -> streaming.Records:
        """Those of windows that are sent from now on."""
        before = len(self.sent)
        streaming.wait(lambda: len(self.sent) >= before + least)
        wanted = set(self.sent[before : before + least])
        streaming.wait(lambda: wanted <= set(self.events()))
        return {key: event for key, event in self.events().items() if key in wanted}

    def reports(self) -> list[dict[str, Any]]:
        topic = MODEL_REPORTS.name
        return [json.loads(message.value) for message in streaming.committed(self.settings, topic)]

    def wait_for(self, version: str, status: str, workers: int = 2) -> list[dict[str, Any]]:
        """The reports of all workers that this has become of the version."""

        def found() -> list[dict[str, Any]]:
            return [r for r in self.reports() if (r["version"], r["status"]) == (version, status)]

        streaming.wait(lambda: len({report["worker"] for report in found()}) >= workers)
        return found()

    def restarts(self) -> int:
        """So far, as Flink counts them; it needs a moment to gather its figures."""
        found: list[Any] = []
        while not found:
            found = self._metrics("numRestarts")
        return int(found[0]["value"])

    def _metrics(self, name: str) -> list[Any]:
        address = f"http://{self.settings.flink_address}/jobs/{self.job}/metrics?get={name}"
        with urllib.request.urlopen(address, timeout=10) as answer:
            found: list[Any] = json.load(answer)
        time.sleep(0.2)
        return found


def variant(bundle: Path, into: Path, version: str, **changes: object) -> Path:
    """The same network under another version."""
    folder = into / version
    shutil.copytree(bundle, folder)
    rewrite(folder, version=version, **changes)
    return folder


def rewrite(folder: Path, **changes: object) -> Manifest:
    """Changes what the manifest says."""
    file = folder / bundles.MANIFEST
    manifest = json.loads(file.read_text()) | changes
    file.write_text(json.dumps(manifest))
    return Manifest.model_validate(manifest)


def versions_by_user(events: streaming.Records) -> dict[str, list[str]]:
    """The models of each user's events in the order of event time, each named when it comes into use."""
    found: dict[str, list[str]] = defaultdict(list)
    for (user, _), event in sorted(events.items(), key=lambda item: item[0][1]):
        if not found[user] or found[user][-1] != event["model_version"]:
            found[user].append(event["model_version"])
    return dict(found)
