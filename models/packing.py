"""Makes a bundle of a trained ensemble."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Final

from models import bundle
from models.ensemble import Ensemble, export
from models.manifest import Manifest, MemberWeight
from models.training import TrainedEnsemble
from schemas.channels import SEQUENCE_CHANNELS
from schemas.feature_table import FEATURE_NAMES
from schemas.fingerprint import schema_hash
from schemas.windows import HOP_S, SMOOTHING_S, WINDOW_S

MIN_QUALITY: Final = 0.5


def save(trained: TrainedEnsemble, folder: Path, *, name: str, min_quality: float = MIN_QUALITY) -> Manifest:
    """Writes the bundle as a whole or not at all, and says what was written."""
    ensemble = _served(trained)

    def fill(fresh: Path) -> Manifest:
        export(ensemble, str(fresh / bundle.SAVED_MODEL))
        return Manifest(
            name=name,
            version=version(trained, ensemble),
            labels=trained.labels,
            channels=trained.channels,
            feature_names=FEATURE_NAMES,
            sequence_channels=SEQUENCE_CHANNELS,
            window_s=WINDOW_S,
            hop_s=HOP_S,
            smoothing_s=SMOOTHING_S,
            schema_hash=schema_hash(),
            data_hash=trained.data_hash,
            members=tuple(MemberWeight(name=member, weight=weight) for member, weight in ensemble.weighted()),
            temperature=ensemble.temperature,
            min_quality=min_quality,
            trained_on=trained.trained_on,
            metrics=trained.report,
            checksum=bundle.checksum(fresh / bundle.SAVED_MODEL),
        )

    return bundle.write(folder, fill)


def version(trained: TrainedEnsemble, ensemble: Ensemble) -> str:
    """Twelve hex digits over weights, scaling, calibration, labels, data, schema and settings."""
    facts = (schema_hash(), trained.data_hash, trained.labels, trained.config, ensemble.temperature)
    digest = hashlib.sha256(repr(facts).encode())
    for scaling in ensemble.scalings.values():
        for column in (scaling.mean, scaling.std, scaling.seen):
            digest.update(column.tobytes())
    for name in ensemble.names:
        for array in ensemble.members[name].get_weights():
            digest.update(array.tobytes())
    return digest.hexdigest()[:12]


def _served(trained: TrainedEnsemble) -> Ensemble:
    whole = trained.ensemble
    if trained.config.keep_unweighted:
        return whole
    kept = {name: whole.members[name] for name, weight in whole.weighted() if weight > 0}
    return replace(whole, members=kept)
