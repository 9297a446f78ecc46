"""Every piece of a bundle answers on a device as in the bundle."""

import numpy as np
import pytest

from models.bundle.parts import Parts
from models.bundle.predictor import Predictor
from models.core.arrays import Float32s
from models.core.dataset import Dataset
from models.edge.contract import contract
from models.edge.conversion import LOOPED
from models.edge.files import QUANTISED, THRESHOLDS, Exported
from models.edge.on_device import OnDevice
from models.ensemble.ensemble import raw_inputs
from models.members import MEMBERS, READS, TREES
from schemas.feature_table import FEATURE_NAMES
from tests.unit.models.people import made_up

RECURRENT = {"lstm", "bilstm_attention"}
CLOSE = {"float32": 1e-6, "float16": 2e-3}


@pytest.fixture(scope="module")
def people() -> Dataset:
    """Other people; of some rows the baseline is hidden, of one everything."""
    rows = made_up(3, 12, seed=4)
    rows.baseline[::4] = np.nan
    for values in (rows.features, rows.baseline, rows.sequence):
        values[1] = np.nan
    return rows


@pytest.fixture(scope="module")
def prepared(parts: Parts, people: Dataset) -> dict[str, Float32s]:
    return parts.prepare(raw_inputs(people))


@pytest.mark.parametrize(
    ("reads", "inputs"),
    [
        ("features", ["features"]),
        ("ranks", ["baseline", "features"]),
        ("sequence", ["baseline", "sequence"]),
        ("values", ["baseline", "features"]),
    ],
)
def test_preparation_is_that_of_the_bundle_and_reads_only_what_it_needs(
    exported: Exported, people: Dataset, prepared: dict[str, Float32s], reads: str, inputs: list[str]
) -> None:
    device = exported.preparations[reads].device
    assert list(device.inputs) == inputs
    raw = raw_inputs(people)
    found = [
        device.one(**{name: values[at : at + 1] for name, values in raw.items()}) for at in range(len(people.label))
    ]
    np.testing.assert_allclose(np.concatenate(found), prepared[reads], atol=1e-6)


@pytest.mark.parametrize("name", MEMBERS)
def test_members_answer_as_in_the_bundle(
    exported: Exported, parts: Parts, prepared: dict[str, Float32s], name: str
) -> None:
    values = prepared[READS[name]]
    original = parts.member(name, values)
    for form, file in exported.members[name].items():
        answers = np.concatenate([file.device.one(**{READS[name]: row[np.newaxis]}) for row in values])
        np.testing.assert_allclose(answers.sum(axis=1), 1, atol=0.02)
        np.testing.assert_allclose(answers, original, atol=CLOSE.get(form, 0.3))


def test_int8_is_what_it_says(exported: Exported) -> None:
    told = {name: {form: file.arithmetic for form, file in files.items()} for name, files in exported.members.items()}
    assert told.pop(TREES) == {"float32": THRESHOLDS}
    assert all(tuple(forms) == QUANTISED for forms in told.values())
    assert {name for name, forms in told.items() if forms["int8"] == LOOPED} == RECURRENT


def test_all_files_together_answer_as_the_bundle(exported: Exported, predictor: Predictor, people: Dataset) -> None:
    raw = raw_inputs(people)
    original = predictor.predict(**raw).probabilities
    np.testing.assert_allclose(OnDevice.together(exported, "float16").each(raw), original, atol=2e-3)
    np.testing.assert_allclose(OnDevice.together(exported, "int8").each(raw), original, atol=0.1)


def test_the_contract_tells_names_shapes_order_and_files(exported: Exported) -> None:
    told = contract([exported])
    assert [each["name"] for each in told["feature_names"]] == list(FEATURE_NAMES)
    bundle = told["bundles"][exported.key]
    assert bundle["labels"] == exported.manifest.labels
    assert bundle["members"]["cnn"]["reads"] == "sequence"
    assert bundle["members"]["cnn"]["files"]["int8"]["inputs"] == {
        "sequence": {"shape": (1, 60, 12), "type": "float32"}
    }
    assert bundle["join"]["inputs"] == {"members": {"shape": (1, 7, 3), "type": "float32"}}
    files = [*bundle["preparations"].values(), bundle["join"]]
    files += [file for member in bundle["members"].values() for file in member["files"].values()]
    assert sorted(file["file"] for file in files) == sorted(file.name for file in exported.files)
