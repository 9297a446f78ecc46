import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from models.bundle.folder import MANIFEST, SAVED_MODEL, checksum, read_manifest, verified, write
from models.bundle.packing import save
from models.bundle.predictor import Predictor
from models.core.errors import BundleError
from models.core.manifest import Manifest
from models.training.train import TrainedEnsemble
from schemas.fingerprint import schema_hash


@pytest.fixture
def copy(bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle, tmp_path / "copy"))


def rewrite(folder: Path, **changes: object) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(manifest | changes))


def test_the_manifest_says_what_was_trained(bundle: Path, trained: TrainedEnsemble) -> None:
    manifest = verified(bundle)
    assert manifest.labels == ("calm", "stress", "exercise")
    assert manifest.trained_on == "simulated people"
    assert manifest.schema_hash == schema_hash()
    assert manifest.metrics == json.loads(json.dumps(trained.report))
    assert sum(member.weight for member in manifest.members) == pytest.approx(1)
    assert manifest.combination == "weighted"
    assert len(manifest.bias) == len(manifest.labels)


def test_the_version_comes_from_content_alone(bundle: Path, trained: TrainedEnsemble, tmp_path: Path) -> None:
    again = save(trained, tmp_path / "again", name="tiny")
    assert again.version == read_manifest(bundle).version


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="none: the folder does not exist; train one"):
        Predictor.load(tmp_path / "none")


def test_no_manifest(copy: Path) -> None:
    (copy / MANIFEST).unlink()
    with pytest.raises(BundleError, match=r"manifest\.json is missing"):
        Predictor.load(copy)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "x"}', "\x00\xff"])
def test_a_corrupt_manifest(copy: Path, text: str) -> None:
    (copy / MANIFEST).write_text(text, encoding="latin-1")
    with pytest.raises(BundleError, match=r"manifest\.json cannot be read: .+; restore the bundle") as caught:
        Predictor.load(copy)
    assert "\n" not in str(caught.value)


def test_a_bundle_of_before_baselines_is_refused(copy: Path) -> None:
    rewrite(copy, format=1)
    with pytest.raises(BundleError, match=r"is of format 1, this version reads 2: .* train it again"):
        Predictor.load(copy)


def test_a_changed_byte(copy: Path) -> None:
    file = copy / SAVED_MODEL / "saved_model.pb"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(BundleError, match="differ from the checksum"):
        Predictor.load(copy)


@pytest.mark.parametrize("spoil", [lambda file: file.unlink(), lambda file: file.rename(file.with_name("other"))])
def test_a_lost_or_renamed_file(copy: Path, spoil: Callable[[Path], object]) -> None:
    spoil(copy / SAVED_MODEL / "saved_model.pb")
    with pytest.raises(BundleError, match="differ from the checksum"):
        verified(copy)


def test_another_schema(copy: Path) -> None:
    rewrite(copy, schema_hash="0" * 16)
    with pytest.raises(BundleError, match=f"made for schema {'0' * 16}, this version has {schema_hash()}"):
        Predictor.load(copy)


@pytest.mark.parametrize("labels", [["calm", "stress"], ["a", "b", "c", "d"]])
def test_the_wrong_number_of_labels(copy: Path, labels: list[str]) -> None:
    rewrite(copy, labels=labels)
    with pytest.raises(BundleError, match="the manifest names"):
        Predictor.load(copy)


def test_a_network_that_is_none(copy: Path) -> None:
    (copy / SAVED_MODEL / "saved_model.pb").write_bytes(b"no network")
    rewrite(copy, checksum=checksum(copy / SAVED_MODEL))
    with pytest.raises(BundleError, match="network cannot be used"):
        Predictor.load(copy)


def test_a_place_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("dear diary")
    with pytest.raises(BundleError, match="is no model bundle; choose another place"):
        write(tmp_path, pytest.fail)
    assert [path.name for path in tmp_path.iterdir()] == ["diary.txt"]


def test_a_failed_write_leaves_the_old_bundle_and_nothing_else(copy: Path) -> None:
    before = (copy / MANIFEST).read_bytes()

    def fill(fresh: Path) -> Manifest:
        (fresh / SAVED_MODEL).mkdir()
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        write(copy, fill)
    assert (copy / MANIFEST).read_bytes() == before
    assert [path.name for path in copy.parent.iterdir()] == ["copy"]


def test_a_bundle_is_replaced_as_a_whole(copy: Path) -> None:
    (copy / SAVED_MODEL / "left over").touch()
    manifest = read_manifest(copy)

    def fill(fresh: Path) -> Manifest:
        (fresh / SAVED_MODEL).mkdir()
        return manifest

    write(copy, fill)
    assert sorted(path.name for path in copy.iterdir()) == [MANIFEST, SAVED_MODEL]
    assert not list((copy / SAVED_MODEL).iterdir())
    assert [path.name for path in copy.parent.iterdir()] == ["copy"]
