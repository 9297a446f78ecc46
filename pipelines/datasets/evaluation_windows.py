"""The windows of an evaluation: from recordings and their labels, or from a training set."""

from argparse import Namespace
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.core.arrays import Bools, Float32s, Ints
from models.core.dataset import Dataset
from models.datasets.enrolment import enrolled
from models.datasets.training_set import load
from models.study.tasks import CALM, StudyWindows
from pipelines.baselines.resting import moments
from pipelines.core.errors import InputError
from pipelines.core.progress import counted, say_on_stderr
from pipelines.datasets.training_windows import label_set, origin
from pipelines.features.compute import compute_windows
from pipelines.features.windowing import window_chunks
from pipelines.labels.window_labels import UNLABELLED, Unlabelled, contradiction_lines, window_labels
from pipelines.recordings.apart import Apart
from pipelines.recordings.discover import sources
from pipelines.recordings.session import Session
from pipelines.recordings.skipped import say_all
from pipelines.recordings.wearers import FILE, Block
from pipelines.sources.recording import Recording, accepted, to_samples
from schemas.feature_table import FEATURES
from schemas.records import Label
from schemas.windows import WINDOW_MS, user_phase_ms

LEAST_SHARE: Final = 50 / 60 - 1e-9
"""A window is labelled when one label covers fifty of its sixty seconds: protocols are written down to the minute."""

LEAST_WINDOWS: Final = 12
"""That make a baseline, as for an enrolment."""


@dataclass(frozen=True)
class EnrolmentTerms:
    """Which block is the enrolment, and whether windows before it are scored without a baseline."""

    enrolment_block: str = "base"
    score_before_enrolment: bool = False


@dataclass(frozen=True)
class EvaluationWindows:
    """What is evaluated on, and what was left out of training and scoring, by reason."""

    windows: StudyWindows
    left_out: dict[str, int]


@dataclass(frozen=True, eq=False)
class Part:
    """All windows of one recording, in order."""

    person: str
    source: str
    blocks: tuple[Block, ...]
    start_ms: Ints
    features: Float32s
    sequence: Float32s


DEFAULT_TERMS: Final = EnrolmentTerms()


def given_windows(given: Namespace, phases: int, terms: EnrolmentTerms = DEFAULT_TERMS) -> EvaluationWindows:
    """Those that a command's `--recordings` or `--training-set` names, with a progress bar where it takes long.

    Those of recordings are as the stream would make them, where users' windows end in so many phases.
    """
    if given.training_set:
        return of_training_set(given.training_set)
    with counted("recordings", "recordings") as progress:
        found = of_recordings(given.folders, phases, terms, progress)
    say_all(contradiction_lines(found.left_out.get(Unlabelled.OVERLAPPING_LABELS, 0)), say_on_stderr)
    return found


def of_recordings(
    paths: Iterable[Path], phases: int, terms: EnrolmentTerms, progress: Callable[[int, int], None]
) -> EvaluationWindows:
    """Windows of all labelled recordings at the paths, ending in so many phases.

    `progress` gets recordings done and in all.

    A person's baseline is the mean over the windows that lie in the enrolment block; it holds from the block's end on,
    never before. Windows that touch the block are neither trained on nor scored; those that end before it ends are not
    trained on, and scored only where the terms say so.
    """
    found, parts, apart = sources(paths), defaultdict(list), Apart()
    for done, each in enumerate(found, start=1):
        if isinstance(each, Session) and each.blocks:
            for recording in each.read():
                apart.add(each.path, recording)
                parts[recording.user_id].append(_part(each, recording, phases))
        progress(done, len(found))
    if not parts:
        raise InputError(f"none of {len(found)} recordings has a row in a {FILE} beside it: label them first")
    return _joined(list(parts.values()), terms)


def of_training_set(folder: Path) -> EvaluationWindows:
    """All windows of a training set, whatever its split, each with the baseline that was known at its end.

    A person's windows from before a baseline was known are neither trained on nor scored where others of that person
    have one: they may be the very windows that made it. Nor are those that overlap them. Only labelled windows are in a
    training set, so predictions are smoothed over these alone.
    """
    dataset = load(folder).dataset.ordered()
    reasons = np.full(len(dataset.label), "", dtype="U20")
    reasons[~_after_enrolment(dataset)] = BEFORE_BASELINE
    reasons[~np.isfinite(dataset.features).any(axis=1)] = WITHOUT_SIGNAL
    kept, source = reasons == "", np.full(len(reasons), folder.resolve().name)
    left_out = Counter(reasons[~kept].tolist())
    return EvaluationWindows(StudyWindows(dataset, kept, kept, source), dict(left_out))


def _after_enrolment(dataset: Dataset) -> Bools:
    """Of rows in order: those of enrolled people, or of people never enrolled, that overlap none of before."""
    found = enrolled(dataset)
    for person in dataset.people:
        mine = dataset.person == person
        ends = dataset.window_end_ms[mine]
        before = ends[~found[mine]]
        newest = np.searchsorted(before, ends, side="right")
        overlapping = (newest > 0) & (ends - WINDOW_MS < np.r_[0, before][newest])
        found[mine] &= ~overlapping
    return found


def _part(session: Session, recording: Recording, phases: int) -> Part:
    phase_ms = user_phase_ms(recording.user_id, phases)
    formed = list(window_chunks(to_samples(accepted(recording)), phase_ms))
    computed = [compute_windows(each.window_start_ms, each.samples, each.offsets) for each in formed]
    return Part(
        recording.user_id,
        session.data_set,
        session.blocks,
        start_ms=np.concatenate([each.window_start_ms for each in formed]),
        features=np.concatenate([each.features for each in computed]).astype(np.float32),
        sequence=np.concatenate([each.sequence for each in computed]),
    )


def _joined(people: Sequence[Sequence[Part]], terms: EnrolmentTerms) -> EvaluationWindows:
    labels = [block.label for parts in people for part in parts for block in part.blocks]
    names, trained_on = label_set(labels), origin(labels)
    persons = [_Person.of(parts, names, terms) for parts in people]
    dataset = Dataset(
        features=np.concatenate([each.features for each in persons]),
        baseline=np.concatenate([each.baseline for each in persons]),
        sequence=np.concatenate([each.sequence for each in persons]),
        label=np.concatenate([np.maximum(each.label, 0) for each in persons]),
        person=np.repeat([each.name for each in persons], [len(each.label) for each in persons]),
        window_end_ms=np.concatenate([each.start_ms for each in persons]) + WINDOW_MS,
        label_names=names,
        trained_on=trained_on,
    )
    order = np.lexsort((dataset.window_end_ms, dataset.person))
    trained, scored, source = (
        np.concatenate([getattr(each, column) for each in persons])[order] for column in ("trained", "scored", "source")
    )
    left_out = sum((each.left_out for each in persons), Counter[str]())
    return EvaluationWindows(StudyWindows(dataset.rows(order), trained, scored, source), dict(left_out))


@dataclass(frozen=True, eq=False)
class _Person:
    """One person's windows, over all recordings."""

    name: str
    source: NDArray[np.str_]
    start_ms: Ints
    features: Float32s
    baseline: Float32s
    sequence: Float32s
    label: Ints
    trained: Bools
    scored: Bools
    left_out: Counter[str]

    @classmethod
    def of(cls, parts: Sequence[Part], names: tuple[str, ...], terms: EnrolmentTerms) -> "_Person":
        start_ms, features, sequence = (
            np.concatenate([getattr(part, column) for part in parts]) for column in ("start_ms", "features", "sequence")
        )
        blocks = [block for part in parts for block in part.blocks]
        label, why = window_labels([block.label for block in blocks], names, start_ms, least_share=LEAST_SHARE)
        enrolment = _enrolment(blocks, terms.enrolment_block)
        reasons = _reasons(start_ms, features, enrolment)
        reasons[label == UNLABELLED] = UNLABELLED_WINDOW
        reasons[why == Unlabelled.OVERLAPPING_LABELS] = Unlabelled.OVERLAPPING_LABELS
        kept = reasons == ""
        early = reasons == BEFORE_ENROLMENT
        return cls(
            name=parts[0].person,
            source=np.repeat([part.source for part in parts], [len(part.start_ms) for part in parts]),
            start_ms=start_ms,
            features=features,
            baseline=_baseline(start_ms, features, enrolment, clear=why != Unlabelled.OVERLAPPING_LABELS),
            sequence=sequence,
            label=label,
            trained=kept,
            scored=kept | early if terms.score_before_enrolment else kept,
            left_out=Counter(str(reason) for reason in reasons[~kept]),
        )


UNLABELLED_WINDOW, ENROLMENT, BEFORE_ENROLMENT, BEFORE_BASELINE, WITHOUT_SIGNAL = (
    "unlabelled",
    "enrolment",
    "before_enrolment",
    "before_a_baseline",
    "without_signal",
)


def _enrolment(blocks: Sequence[Block], name: str) -> Label | None:
    """The first calm block that is named so."""
    calm = [block.label for block in blocks if block.label.label == CALM and name in block.name]
    return min(calm, key=lambda label: label.start_ms, default=None)


def _reasons(start_ms: Ints, features: Float32s, enrolment: Label | None) -> NDArray[np.str_]:
    """Why each window, were it labelled, is not trained on; empty where it is."""
    reasons = np.full(len(start_ms), "", dtype="U20")
    if enrolment:
        reasons[start_ms + WINDOW_MS < enrolment.end_ms] = BEFORE_ENROLMENT
        touching = (start_ms < enrolment.end_ms) & (start_ms + WINDOW_MS > enrolment.start_ms)
        reasons[touching] = ENROLMENT
    reasons[~np.isfinite(features).any(axis=1)] = WITHOUT_SIGNAL
    return reasons


def _baseline(start_ms: Ints, features: Float32s, enrolment: Label | None, *, clear: Bools) -> Float32s:
    """Mean over the enrolment's windows, for windows that end when it is over or later; else NaN.

    Windows that are not `clear`, where labels contradict each other, make no baseline.
    """
    found = np.full((len(start_ms), len(FEATURES)), np.nan, dtype=np.float32)
    if enrolment is None:
        return found
    inside = clear & (start_ms >= enrolment.start_ms) & (start_ms + WINDOW_MS <= enrolment.end_ms)
    if inside.sum() >= LEAST_WINDOWS:
        found[start_ms + WINDOW_MS >= enrolment.end_ms] = moments(features[inside].astype(np.float64)).mean
    return found
