"""Makes a bundle of a trained ensemble."""

import hashlib
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.bundle import folder as bundle
from models.bundle.parts_export import export_parts
from models.core.manifest import Manifest, MemberWeight
from models.ensemble.combining import Weighted
from models.ensemble.ensemble import Ensemble, export
from models.training.train import TrainedEnsemble
from schemas.channels import SEQUENCE_CHANNELS
from schemas.feature_table import FEATURE_NAMES
from schemas.fingerprint import schema_hash
from schemas.windows import HOP_S, SMOOTHING_S, WINDOW_S

MIN_QUALITY: Final = 0.5


def save(trained: TrainedEnsemble, folder: Path, *, name: str, min_quality: float = MIN_QUALITY) -> Manifest:
    """Writes the bundle as a whole or not at all, and says what was written."""
    ensemble = served(trained)

    def fill(fresh: Path) -> Manifest:
        export(ensemble, str(fresh / bundle.SAVED_MODEL))
        export_parts(ensemble, str(fresh / bundle.PARTS))
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
            members=tuple(MemberWeight(name=member, weight=weight) for member, weight in ensemble.shares()),
            combination=trained.config.combination,
            temperature=ensemble.calibration.temperature,
            bias=ensemble.calibration.bias,
            calibration=trained.config.calibration,
            min_quality=min_quality,
            min_confidence=trained.abstention.min_confidence,
            stated_risk=trained.abstention.stated_risk,
            distilled_from=trained.distilled_from,
            trained_on=trained.trained_on,
            metrics=trained.report,
            checksum=bundle.checksum(fresh / bundle.SAVED_MODEL),
            parts_checksum=bundle.checksum(fresh / bundle.PARTS),
        )

    return bundle.write(folder, fill)


def version(trained: TrainedEnsemble, ensemble: Ensemble) -> str:
    """Twelve hex digits over members, preparation, calibration, labels, data, schema and settings."""
    facts = (
        *(schema_hash(), trained.data_hash, trained.labels, trained.config, trained.abstention, trained.distilled_from),
        *(ensemble.calibration, ensemble.names),
    )
    digest = hashlib.sha256(repr(facts).encode())
    networks = [array for member in ensemble.members.values() for array in member.get_weights()]
    for array in (*_arrays(ensemble.preparation), *_arrays(ensemble.combiner), *networks):
        digest.update(array.tobytes())
    return digest.hexdigest()[:12]


def _arrays(part: object) -> Iterator[NDArray[Any]]:
    """All arrays of a dataclass, also of those within it."""
    for field in fields(part):  # type: ignore[arg-type]
        value = getattr(part, field.name)
        yield from (value,) if isinstance(value, np.ndarray) else _arrays(value)


def served(trained: TrainedEnsemble) -> Ensemble:
    """The ensemble as it goes into the bundle: without members of no weight, if the settings drop them."""
    whole = trained.ensemble
    if trained.config.keep_unweighted or not isinstance(whole.combiner, Weighted):
        return whole
    kept = {name: whole.members[name] for name, share in whole.shares() if share > 0}
    return replace(whole, members=kept, combiner=Weighted(whole.combiner.shares[whole.combiner.shares > 0]))
