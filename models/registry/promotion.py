"""Whether a bundle may take another's place: it fits, and is not worse on people whom neither of them knows."""

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from models.bundle.predictor import Predictor
from models.core.dataset import Dataset, TrainedOn
from models.core.errors import RegistryError
from models.core.manifest import Manifest
from models.registry.version import Version
from models.study.figures import calibration_errors, of_each_person
from models.study.intervals import Bootstrap, Estimate, estimate
from models.study.rows import Scored

ROUNDING: Final = 1e-9


@dataclass(frozen=True)
class Standing:
    """Of one bundle: mean over people of their balanced accuracy, and calibration error over all their windows."""

    balanced_accuracy: float
    ece: float


@dataclass(frozen=True)
class ChampionComparison:
    """Two bundles on the same windows."""

    on: TrainedOn
    people: tuple[str, ...]
    windows: int
    challenger: Standing
    champion: Standing
    difference: Estimate
    """Challenger minus champion in balanced accuracy, paired by person, with an interval over people."""

    @property
    def is_worse(self) -> bool:
        return bool(self.difference["value"] < -ROUNDING)

    @property
    def line(self) -> str:
        """The verdict's grounds in one line."""
        ours, its = self.challenger, self.champion
        low, high = self.difference.get("low"), self.difference.get("high")
        interval = "" if low is None else f" (95 % {low:+.3f} to {high:+.3f})"
        return (
            f"balanced accuracy {ours.balanced_accuracy:.3f} against {its.balanced_accuracy:.3f},"
            f" {self.difference['value']:+.3f}{interval}; ECE {ours.ece:.3f} against {its.ece:.3f};"
            f" on {self.windows} windows of {len(self.people)} {self.on} whom neither knows"
        )

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def require_fit(version: Version, manifest: Manifest) -> None:
    """Raises RegistryError where the bundle is not the one whose training was registered."""
    for what in ("bundle", "data_hash", "labels", "trained_on"):
        told, found = getattr(version, what), getattr(manifest, "version" if what == "bundle" else what)
        if told != found:
            raise RegistryError(
                f"{version.title}: its run says {what} {_shown(told)}, its bundle {_shown(found)}:"
                " these are not the files that were trained; put those back, or train it again"
            )


def require_alike(version: Version, champion: Version) -> None:
    """Raises RegistryError where the two are not meant for the same: other labels, or another kind of people."""
    for what in ("labels", "trained_on"):
        ours, its = getattr(version, what), getattr(champion, what)
        if ours != its:
            raise RegistryError(
                f"{version.title} has {what} {_shown(ours)}, the champion, version {champion.number}, {_shown(its)}:"
                " they cannot be compared; train it under another --name"
            )


def unknown_to(held_out: Dataset, challenger: Manifest, champion: Manifest) -> Dataset:
    """The windows of people from whom neither learnt, and by whom neither was stopped or calibrated."""
    known = {person for bundle in (challenger, champion) for person in _learnt(bundle)}
    left = tuple(person for person in held_out.people if person not in known)
    if not left:
        tested = ", ".join(champion.metrics["people"]["test"])
        raise RegistryError(
            f"{challenger.name} {challenger.version} cannot be compared with the champion: of its people held out"
            f" ({', '.join(held_out.people)}) there is nobody whom the champion does not know;"
            f" train it again with the champion's test people held out ({tested})"
        )
    return held_out.of(left)


def compare(challenger: Predictor, champion: Predictor, rows: Dataset) -> ChampionComparison:
    """Both applied to the same windows, of people who show two labels; raises RegistryError where nobody does."""
    telling = tuple(person for person in rows.people if len(np.unique(rows.label[rows.person == person])) > 1)
    if not telling:
        raise RegistryError(
            f"{', '.join(rows.people)}: nobody unknown to both bundles shows two labels, so nothing can be compared;"
            " train it again with other people held out"
        )
    rows = rows.of(telling)
    ours, its = (_scored(predictor, rows) for predictor in (challenger, champion))
    difference = of_each_person(ours)["balanced_accuracy"] - of_each_person(its)["balanced_accuracy"]
    weights = Bootstrap().weights(len(telling))
    return ChampionComparison(
        on=rows.trained_on,
        people=telling,
        windows=len(rows.label),
        challenger=_standing(ours),
        champion=_standing(its),
        difference=estimate(weights @ difference / len(telling), ""),
    )


def _learnt(bundle: Manifest) -> tuple[str, ...]:
    people = bundle.metrics["people"]
    return *people["train"], *people["validation"]


def _scored(predictor: Predictor, rows: Dataset) -> Scored:
    probabilities = predictor.predict(rows.features, rows.sequence, rows.baseline).probabilities
    return Scored(rows.label, rows.person, np.asarray(probabilities, dtype=np.float64), rows.label_names)


def _standing(scored: Scored) -> Standing:
    everybody = np.ones((1, len(scored.people)))
    mean = of_each_person(scored)["balanced_accuracy"].mean()
    return Standing(float(mean), float(calibration_errors(scored, everybody)[0]))


def _shown(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)
