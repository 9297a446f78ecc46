"""The comparison that a running job's topics give."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from models.bundle.folder import read_manifest
from pipelines.core.errors import BundleError, InputError
from pipelines.core.settings import Settings
from pipelines.labels.csv_files import read_labels_csv
from pipelines.labels.topic import read_labels
from pipelines.rollout.comparing import Comparison, Labels, known_of, shadowed, shared
from pipelines.rollout.events_table import FOREVER, Model, Period, Told, told
from pipelines.rollout.reports import latencies, reports, shared_models
from schemas.records import ModelReport
from schemas.topics import EMOTIONS, LABELS, SHADOW


def compare(settings: Settings, period: Period = FOREVER, labels_file: Path | None = None) -> list[Comparison]:
    """Every model that served beside each that shadowed it or shared its users.

    Labels come from the file, or from the labels topic. Raises InputError where there is nothing to compare.
    """
    broker = settings.bootstrap_servers
    labels = read_labels_csv(labels_file) if labels_file else read_labels(broker, LABELS.name)
    said = reports(broker)
    answered, beside = told(broker, EMOTIONS.name, period), told(broker, SHADOW.name, period)
    found = list(_pairs(answered, beside, said, labels))
    if not found:
        raise InputError(
            f"nothing to compare: no window of that time is on both {EMOTIONS.name} and {SHADOW.name}, and no model had"
            " a share of users; `eqm models announce VERSION --role shadow` gives one something to do"
        )
    trained_on, latency = _trained_on(settings), latencies(said)
    return [known_of(pair, trained_on, latency) for pair in found]


def _pairs(answered: list[Told], beside: list[Told], said: list[ModelReport], labels: Labels) -> Iterator[Comparison]:
    """Shadows first."""
    sharing = shared_models(said)
    for ours in answered:
        for theirs in beside:
            yield from filter(None, [shadowed(ours, theirs, labels)])
    for ours in answered:
        for theirs in answered:
            if theirs.model in sharing and ours.model not in sharing:
                yield from filter(None, [shared(ours, theirs, labels)])


def _trained_on(settings: Settings) -> Mapping[Model, str]:
    """Whose figures they are, as far as the announced bundles are still there."""
    found: dict[Model, str] = {}
    for folder in sorted(settings.live_bundles.glob("*")):
        try:
            manifest = read_manifest(folder)
        except BundleError:
            continue
        found[manifest.name, manifest.version] = manifest.trained_on
    return found
