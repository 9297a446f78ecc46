import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.bundle.folder import MANIFEST, PARTS, read_manifest
from models.bundle.packing import save
from models.bundle.parts import Parts
from models.bundle.predictor import Predictor
from models.core.errors import BundleError
from models.ensemble.combining import voting
from models.ensemble.ensemble import raw_inputs
from models.members import READS
from models.training.train import TrainedEnsemble
from tests.unit.models.people import made_up

PEOPLE = made_up(seed=2)
RAW = raw_inputs(PEOPLE)


@pytest.fixture(scope="module")
def parts(bundle: Path) -> Parts:
    return Parts.load(bundle)


def alone(trained: TrainedEnsemble, member: str) -> TrainedEnsemble:
    ensemble = replace(trained.ensemble, members={member: trained.ensemble.members[member]}, combiner=voting(1))
    return replace(trained, ensemble=ensemble)


def test_the_parts_together_answer_like_the_whole(
    parts: Parts, predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.bundle.parts.CHUNK", 100)
    prepared = parts.prepare(RAW)
    members = [parts.member(name, prepared[READS[name]]) for name in parts.manifest.member_names]
    whole = predictor.predict(**RAW)
    np.testing.assert_allclose(np.stack(members, axis=1), whole.members, atol=1e-6)
    np.testing.assert_allclose(parts.joined(whole.members), whole.probabilities, atol=1e-6)


def test_attention_is_shared_out_over_the_seconds(parts: Parts) -> None:
    sequence = parts.prepare(RAW)["sequence"]
    assert parts.attentive == ("bilstm_attention", "transformer")
    for name in parts.attentive:
        attended = parts.attention(name, sequence)
        assert attended.shape == sequence.shape[:2]
        assert (attended >= 0).all()
        np.testing.assert_allclose(attended.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("member", ["trees", "personal"])
def test_a_bundle_of_one_member_prepares_what_that_one_reads(
    trained: TrainedEnsemble, tmp_path: Path, member: str
) -> None:
    save(alone(trained, member), tmp_path / "alone", name="alone")
    parts, predictor = Parts.load(tmp_path / "alone"), Predictor.load(tmp_path / "alone")
    prepared = parts.prepare(RAW)
    assert (list(prepared), parts.attentive) == ([READS[member]], ())
    own = parts.member(member, prepared[READS[member]])
    np.testing.assert_allclose(parts.joined(own[:, None]), predictor.predict(**RAW).probabilities, atol=1e-6)


@pytest.fixture
def copy(bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle, tmp_path / "copy"))


def test_a_changed_file_is_refused(copy: Path) -> None:
    with (copy / PARTS / "saved_model.pb").open("ab") as file:
        file.write(b"more")
    with pytest.raises(BundleError, match="files under parts/ differ from the checksum"):
        Parts.load(copy)


def test_lost_parts_are_refused_and_the_stream_does_not_need_them(copy: Path) -> None:
    shutil.rmtree(copy / PARTS)
    with pytest.raises(BundleError, match="files under parts/ differ from the checksum"):
        Parts.load(copy)
    Predictor.load(copy)


def test_a_bundle_from_before_there_were_parts_says_so(copy: Path) -> None:
    shutil.rmtree(copy / PARTS)
    manifest = json.loads((copy / MANIFEST).read_text())
    del manifest["parts_checksum"]
    (copy / MANIFEST).write_text(json.dumps(manifest))
    assert read_manifest(copy).parts_checksum == ""
    with pytest.raises(BundleError, match=r"has no parts/: it comes from an earlier version; train it again"):
        Parts.load(copy)
