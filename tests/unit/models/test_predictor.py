import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models.bundle.predictor import CHUNK, Predictor
from models.ensemble.ensemble import fuse, raw_inputs
from models.training.train import TrainedEnsemble
from tests.unit.models.people import made_up

PEOPLE = made_up(seed=2)


def test_the_loaded_bundle_answers_like_the_trained_ensemble(trained: TrainedEnsemble, predictor: Predictor) -> None:
    expected = trained.ensemble.predict(PEOPLE.features, PEOPLE.sequence, PEOPLE.baseline)
    given = predictor.predict(PEOPLE.features, PEOPLE.sequence, PEOPLE.baseline)
    np.testing.assert_allclose(given.members, expected.members, atol=1e-6)
    np.testing.assert_allclose(given.probabilities, expected.probabilities, atol=1e-6)


def test_the_fused_keras_network_is_what_was_saved(trained: TrainedEnsemble, predictor: Predictor) -> None:
    rows = {name: array[:9] for name, array in raw_inputs(PEOPLE).items()}
    expected = fuse(trained.ensemble)(rows, training=False)
    given = predictor.predict(**rows)
    np.testing.assert_allclose(given.probabilities, expected["probabilities"], atol=1e-6)
    np.testing.assert_allclose(given.members, expected["members"], atol=1e-6)


def test_answers_are_probabilities(predictor: Predictor) -> None:
    given = predictor.predict(PEOPLE.features, PEOPLE.sequence)
    assert given.probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert given.members.sum(axis=2) == pytest.approx(1, abs=1e-5)


def test_no_baselines_are_nobodys_known(predictor: Predictor) -> None:
    without = predictor.predict(PEOPLE.features, PEOPLE.sequence)
    unknown = predictor.predict(PEOPLE.features, PEOPLE.sequence, np.full_like(PEOPLE.baseline, np.nan))
    np.testing.assert_array_equal(without.members, unknown.members)


def test_a_baseline_changes_the_answers_of_those_who_read_it(predictor: Predictor) -> None:
    without = predictor.predict(PEOPLE.features, PEOPLE.sequence)
    beside = predictor.predict(PEOPLE.features, PEOPLE.sequence, PEOPLE.baseline)
    changed = (without.members != beside.members).any(axis=(0, 2))
    assert dict(zip(predictor.manifest.member_names, changed, strict=True)) == {
        name: name != "fusion" for name in predictor.manifest.member_names
    }


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38, -3e38, 0.0])
def test_any_input_gives_finite_probabilities(predictor: Predictor, value: float) -> None:
    features = np.full((3, *PEOPLE.features.shape[1:]), value)
    given = predictor.predict(features, np.full((3, 60, 6), value), -features)
    assert np.isfinite(given.probabilities).all()
    assert np.isfinite(given.members).all()


@pytest.mark.parametrize(
    "rows", [1, 2, 7, 15, 16, 17, 23, 24, 25, 47, 48, 49, 64, 96, 128, CHUNK - 1, CHUNK, CHUNK + 1]
)
def test_an_answer_is_the_same_to_the_last_bit_in_any_company(predictor: Predictor, rows: int) -> None:
    rng = np.random.default_rng(rows)
    alone = predictor.predict(PEOPLE.features[:1], PEOPLE.sequence[:1], PEOPLE.baseline[:1])
    others = rng.permuted(np.where(np.arange(rows) % 4, 0, rng.integers(len(PEOPLE.label), size=rows)))
    features, sequence, baseline = (rows[others] for rows in (PEOPLE.features, PEOPLE.sequence, PEOPLE.baseline))
    features[others != 0] *= 5
    among = predictor.predict(features, sequence, baseline)
    for found, expected in ((among.probabilities, alone.probabilities), (among.members, alone.members)):
        np.testing.assert_array_equal(found[others == 0], np.repeat(expected, (others == 0).sum(), axis=0))


def test_no_rows_give_no_answers(predictor: Predictor) -> None:
    given = predictor.predict(PEOPLE.features[:0], PEOPLE.sequence[:0])
    assert given.probabilities.shape == (0, 3)
    assert given.members.shape == (0, 7, 3)


@pytest.mark.parametrize(
    ("features", "sequence", "baseline", "wrong"),
    [
        ((2, 87), (2, 60, 6), (2, 88), "features"),
        ((2, 88), (3, 60, 6), (2, 88), "sequence"),
        ((2, 88), (2, 6, 60), (2, 88), "sequence"),
        ((2, 88), (2, 60, 6), (1, 88), "baseline"),
        ((2, 88), (2, 60, 6), (88,), "baseline"),
    ],
)
def test_a_wrong_shape_is_named(
    predictor: Predictor, features: tuple, sequence: tuple, baseline: tuple, wrong: str
) -> None:
    with pytest.raises(ValueError, match=f"{wrong} shape is .*, must be"):
        predictor.predict(np.zeros(features), np.zeros(sequence), np.zeros(baseline))


def test_a_fresh_process_needs_neither_keras_nor_more_threads_and_says_nothing(bundle: Path) -> None:
    """TensorFlow 2.21 tells of oneDNN before anything can silence it."""
    script = (
        "import sys; from models.bundle.predictor import Predictor; predictor = Predictor.load(sys.argv[1]);"
        "import tensorflow as tf;"
        "print('keras' in sys.modules, tf.config.threading.get_intra_op_parallelism_threads())"
    )
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", script, bundle], capture_output=True, text=True, check=True
    )
    notices = ("absl::InitializeLog", "oneDNN custom operations")
    said = [line for line in run.stderr.splitlines() if not any(notice in line for notice in notices)]
    assert (run.stdout, said) == ("False 1\n", [])
