"""Announced bundles: placed whole, never changed, and loaded only if they are the ones announced."""

import json
import shutil
from pathlib import Path

import pytest

from models.bundle.folder import MANIFEST, SAVED_MODEL
from models.core.errors import BundleError
from pipelines.core.settings import Settings
from pipelines.rollout.bundles import announced_folder, control_for, loaded, placed
from schemas.records import ModelControl
from schemas.roles import Role


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def test_a_bundle_is_placed_once_and_stays(settings: Settings, bundle: Path) -> None:
    folder, manifest = placed(settings, bundle)
    assert folder == settings.live_bundles / f"{manifest.name}-{manifest.version}"
    assert placed(settings, bundle) == placed(settings, folder) == (folder, manifest)
    assert [path.name for path in settings.live_bundles.iterdir()] == [folder.name]
    model = loaded(control_for(Role.SERVE, folder, manifest, None), threads=1)
    assert model.manifest == manifest


def test_a_torn_bundle_is_not_placed(settings: Settings, bundle: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(bundle, copy)
    (copy / SAVED_MODEL / "saved_model.pb").write_bytes(b"")
    with pytest.raises(BundleError, match="differ from the checksum"):
        placed(settings, copy)
    assert not settings.live_bundles.exists()


def test_another_network_of_the_same_version_is_refused(settings: Settings, bundle: Path) -> None:
    folder, _ = placed(settings, bundle)
    file = folder / SAVED_MODEL / "extra"
    file.write_bytes(b"")
    with pytest.raises(BundleError, match="differ from the checksum"):
        placed(settings, bundle)


@pytest.mark.parametrize("what", ["name", "version", "checksum"])
def test_a_bundle_that_is_not_the_one_announced_is_refused(settings: Settings, bundle: Path, what: str) -> None:
    folder, manifest = placed(settings, bundle)
    control = control_for(Role.SERVE, folder, manifest, None)
    facts = json.loads((folder / MANIFEST).read_text()) | {what: "0" * 64 if what == "checksum" else "other"}
    (folder / MANIFEST).write_text(json.dumps(facts))
    with pytest.raises(BundleError, match=f"its {what} is"):
        loaded(control, threads=1)


@pytest.mark.parametrize("place", ["a" * 300, "a/" * 3_000, "a%00b", "%2e%2e/nowhere", "file", "odd", "a\nb"])
def test_a_place_without_a_bundle_is_one_clear_error(tmp_path: Path, place: str) -> None:
    """Whatever the control topic says: who looks up what serves must not fail of it."""
    (tmp_path / "file").touch()
    (tmp_path / "odd" / MANIFEST).mkdir(parents=True)
    uri = f"{tmp_path.as_uri()}/{place}"
    control = ModelControl(role=Role.SERVE, name="small", version="1", uri=uri, checksum="0" * 64)
    with pytest.raises(BundleError, match=r"^no model bundle at "):
        announced_folder(control)
