"""What is found to matter in a bundle that is known to go by one feature."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.bundle.parts import Parts
from models.core.errors import BundleError, TrainingError
from models.ensemble.ensemble import raw_inputs
from models.explanation.factors import FAMILIES, factors
from models.explanation.mixtures import Mixtures
from models.explanation.permutation import Permutation
from models.explanation.report import SHARED, explain
from models.explanation.sample import drawn
from models.members import READS
from schemas.feature_table import FEATURE_INDEX
from tests.unit.batch.planted import MANIFEST, PEOPLE, TELLS, WHO, Prejudiced, planted, windows
from tests.unit.models.people import made_up

UNKNOWN = ("p4", "p5")


@pytest.fixture(scope="module", autouse=True)
def few_repeats() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("models.explanation.permutation.REPEATS", 2)
        yield


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    return planted(tmp_path_factory.mktemp("planted") / "parts")


def explained(parts: Parts, *, most: int = 12, seed: int = 7, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return explain(parts, replace(windows(), **changes), most=most, seed=seed, progress=lambda done, total: None)


@pytest.fixture(scope="module")
def report(parts: Parts) -> dict[str, Any]:
    return explained(parts)


def test_the_feature_that_tells_is_found_first(report: dict[str, Any]) -> None:
    permutation, shap = report["permutation"], report["shap"]
    assert permutation["auroc"] > 0.8
    for found in (permutation["features"][0], shap["features"][0]):
        assert (found["name"], found["family"]) == (TELLS, "electrodermal")
    for found in (permutation["families"][0], shap["families"][0]):
        assert found["name"] == "electrodermal"
    assert permutation["features"][0]["auroc"]["drop"] > 0.25
    assert permutation["features"][0]["balanced_accuracy"]["drop"] > 0.25
    assert permutation["features"][1]["auroc"]["drop"] < 0.1
    first = [window["features"][0]["name"] for window in report["windows"]]
    assert first.count(TELLS) > len(first) / 2


def test_who_somebody_is_does_not_count_when_windows_are_exchanged_within_people() -> None:
    rows = windows().of(UNKNOWN)
    of_one_kind = rows.rows(np.where(rows.person == "p4", rows.label == 0, rows.label > 0))
    mixtures = Mixtures.of(Prejudiced(MANIFEST), of_one_kind)  # type: ignore[arg-type]
    found = Permutation(mixtures, of_one_kind, seed=1).importance(lambda: None)
    assert found["auroc"] > 0.8
    assert WHO in [factor.name for factor in mixtures.factors]
    assert {(each["auroc"]["drop"], each["auroc"]["spread"]) for each in found["features"]} == {(0, 0)}


def test_contributions_and_expectation_sum_to_the_answer(parts: Parts, report: dict[str, Any]) -> None:
    assert report["shap"]["additivity"]["holds"]
    held_out = windows().of(UNKNOWN)
    answers = parts.joined(parts.member("trees", parts.prepare(raw_inputs(held_out))["values"])[:, None])
    by_window = {
        key: row
        for *key_, row in zip(held_out.person, held_out.window_end_ms, answers, strict=True)
        for key in [tuple(key_)]
    }
    for window in report["windows"]:
        expected = by_window[window["person"], window["window_end_ms"]]
        for k, (name, contributions) in enumerate(window["contributions"].items()):
            assert sum(contributions) + report["shap"]["expected"][name] == pytest.approx(expected[k], abs=1e-5)
            assert window["probabilities"][name] == pytest.approx(expected[k], abs=1e-6)
        said = window["said"]
        families = sum(family["contribution"] for family in window["families"])
        assert families + report["shap"]["expected"][said] == pytest.approx(window["probabilities"][said], abs=1e-5)
        assert said == max(window["probabilities"], key=window["probabilities"].__getitem__)


def test_what_was_never_measured_adds_nothing_and_all_numbers_are_numbers(report: dict[str, Any]) -> None:
    oxygen = {factor.name for factor in factors() if factor.family == "oxygen"}
    for kind in ("features", "families"):
        for found in report["permutation"][kind]:
            if found["name"] in oxygen | {"oxygen"}:
                assert found["auroc"] == {"drop": 0, "spread": 0}
        for found in report["shap"][kind]:
            if found["name"] in oxygen | {"oxygen"}:
                assert set(found["mean_absolute"].values()) == {0}
    assert {each["name"] for each in report["permutation"]["features"]} == {factor.name for factor in factors()}
    assert {each["name"] for each in report["shap"]["families"]} == set(FAMILIES)
    json.dumps(report, allow_nan=False)


def test_only_people_from_whom_nothing_was_learnt_are_explained(report: dict[str, Any]) -> None:
    assert report["people"] == list(UNKNOWN)
    assert {window["person"] for window in report["windows"]} == set(UNKNOWN)
    assert report["shap"]["background"] == {"windows": 20, "of": "people learnt from"}


def test_explained_windows_are_of_all_labels_alike(report: dict[str, Any]) -> None:
    labels = [window["label"] for window in report["windows"]]
    assert sorted(labels) == sorted(report["labels"] * 4)


def test_the_same_seed_gives_the_same_report_whatever_the_order_of_rows_and_labels(
    parts: Parts, report: dict[str, Any]
) -> None:
    turned = replace(windows(), label=2 - windows().label, label_names=("exercise", "stress", "calm"))
    again = explain(parts, turned.rows(np.arange(216)[::-1]), most=12, seed=7, progress=lambda done, total: None)
    assert json.dumps(again) == json.dumps(report)


def test_one_person_and_another_seed(parts: Parts, report: dict[str, Any]) -> None:
    told: list[tuple[int, int]] = []
    one = explain(parts, windows().of(("p5",)), most=2, seed=8, progress=lambda done, total: told.append((done, total)))
    assert one["cautions"][0] == report["cautions"][0] == SHARED
    assert "All windows are of one person, p5" in one["cautions"][1]
    assert "Simulated people answer as the simulator was told to" in report["cautions"][-1]
    assert one["shap"]["background"]["of"] == "people explained"
    assert [done for done, _ in told] == list(range(1, told[-1][1] + 1))


def test_windows_are_drawn_by_seed() -> None:
    rows = windows()
    some = [drawn(rows, 18, seed=seed).tolist() for seed in (1, 1, 2)]
    assert some[0] == some[1] != some[2]
    of_each = set(zip(rows.label[some[0]].tolist(), rows.person[some[0]].tolist(), strict=True))
    assert len(of_each) == 3 * 6
    assert drawn(rows, 10_000, seed=1).tolist() == list(range(216))


def test_nobody_unknown(parts: Parts) -> None:
    rows = windows().of((*PEOPLE["train"], *PEOPLE["validation"]))
    with pytest.raises(TrainingError, match=r"fitted to all 4 people given: explain it on others, .* tested on \(p4\)"):
        explain(parts, rows, most=5, seed=7, progress=print)


def test_one_label_only(parts: Parts) -> None:
    with pytest.raises(TrainingError, match="all 72 windows of people unknown to the bundle are stress"):
        explained(parts, label=np.ones(216, dtype=np.int64))


def test_labels_that_the_bundle_does_not_know(parts: Parts) -> None:
    with pytest.raises(TrainingError, match="no window is labelled calm or stress or exercise"):
        explained(parts, label_names=("happy", "sad", "angry"))


def test_windows_that_are_all_alike(parts: Parts) -> None:
    with pytest.raises(TrainingError, match="nothing that the bundle reads differs between these windows"):
        explained(parts, features=np.zeros_like(windows().features))


def test_a_bundle_that_does_not_say_who_taught_it(parts: Parts) -> None:
    silent = replace(parts, manifest=parts.manifest.model_copy(update={"metrics": {}}))
    with pytest.raises(BundleError, match="planted 000000000000 does not say who taught it; train it again"):
        explained(silent)


def test_a_mixture_is_what_all_members_say_to_windows_put_together(bundle: Path) -> None:
    parts, rows = Parts.load(bundle), made_up(people=2, windows=6)
    everybody = parts.manifest.model_copy(update={"combination": "voting"})
    mixtures = Mixtures.of(replace(parts, manifest=everybody), rows)
    source = np.random.default_rng(1).integers(12, size=(5, len(mixtures.factors)))
    prepared = {name: np.repeat(values[:1], 5, axis=0) for name, values in mixtures.prepared.items()}
    for name, values in prepared.items():
        for at, factor in enumerate(mixtures.factors):
            if factor.within(name):
                pair = [factor.column, values.shape[-1] // 2 + factor.column]
                values[..., pair] = mixtures.prepared[name][source[:, at]][..., pair]
    members = [parts.member(name, prepared[READS[name]]) for name in parts.manifest.member_names]
    expected = parts.joined(np.stack(members, axis=1))
    np.testing.assert_allclose(mixtures.probabilities(source), expected, atol=1e-6)
    whole = np.repeat(np.arange(12)[:, None], len(mixtures.factors), axis=1)
    np.testing.assert_allclose(mixtures.probabilities(whole), mixtures.own, atol=1e-6)


def test_members_that_do_not_count_are_not_asked(bundle: Path) -> None:
    parts = Parts.load(bundle)
    weights = [member.model_copy(update={"weight": float(member.name == "cnn")}) for member in parts.manifest.members]
    mixtures = Mixtures.of(
        replace(parts, manifest=parts.manifest.model_copy(update={"members": tuple(weights)})), made_up(2, 6)
    )
    assert {factor.sequence for factor in mixtures.factors} == {True}
    assert FEATURE_INDEX[TELLS] not in [factor.column for factor in mixtures.factors if not factor.sequence]
