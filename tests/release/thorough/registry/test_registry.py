"""What was trained is registered with all that is needed to judge it, or not at all."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.core.dataset import COLUMNS
from models.core.errors import RegistryError
from models.datasets.split import Split
from models.registry.registry import Registry
from models.training.settings import TrainingConfig
from pipelines.core.settings import Settings
from pipelines.training.registry import card_hash, opened, people_of_champion, register
from pipelines.training.registry_text import registered_line
from tests.release.thorough.registry.bundles import ALL, NONE, SOME, SPLIT, write_bundle
from tests.release.thorough.registry.conftest import Register
from tests.unit.models.people import made_up


def test_the_first_version_is_champion_and_in_use_later_ones_are_challengers(
    settings: Settings, registered: Register
) -> None:
    assert registered(SOME).aliases == ("champion",)
    assert (settings.current_bundle / "saved_model" / "features").read_text() == str(SOME)
    assert registered(NONE).aliases == ("challenger",)
    assert registered(ALL).aliases == ("challenger",)
    versions = opened(settings).versions("eqm")
    assert [(each.number, each.aliases) for each in versions] == [(1, ("champion",)), (2, ()), (3, ("challenger",))]
    assert (settings.current_bundle / "saved_model" / "features").read_text() == str(SOME)


def test_settings_figures_facts_and_windows_come_back(settings: Settings, registered: Register, tmp_path: Path) -> None:
    version, rows = registered(ALL), made_up()
    registry = opened(settings)
    entry = registry.entry(version)
    assert version.data_hash == rows.data_hash()
    assert (version.labels, version.trained_on, version.card_hash) == (rows.label_names, rows.trained_on, "0" * 16)
    assert entry.parameters["trees.iterations"] == str(TrainingConfig().trees.iterations)
    assert entry.parameters["sizes.personal.units"] == "(64, 32)"
    assert entry.metrics == {
        f"simulated_people/{who}/{figure}": value
        for who in ("ensemble", "members/trees")
        for figure, value in (("balanced_accuracy", 0.75), ("macro_f1", 0.5), ("ece", 0.125))
    }
    found = registry.held_out(version, tmp_path)
    for column in COLUMNS:
        np.testing.assert_array_equal(getattr(found, column), getattr(rows.of(SPLIT.test), column))


def test_a_bundle_of_another_name_is_not_put_out_of_use_by_a_first_version(
    settings: Settings, registered: Register
) -> None:
    registered(SOME)
    other = registered(ALL, name="other")
    assert other.aliases == ("champion",)
    assert (settings.current_bundle / "saved_model" / "features").read_text() == str(SOME)


@pytest.mark.parametrize("which", ["1", f"{SOME:012x}", "champion"])
def test_a_version_is_found_by_number_bundle_and_alias(settings: Settings, registered: Register, which: str) -> None:
    version = registered(SOME)
    assert opened(settings).find("eqm", which) == version


def test_an_unknown_version_or_model_is_named(settings: Settings, registered: Register) -> None:
    registered(SOME)
    with pytest.raises(RegistryError, match=r"model eqm has no version 7 in .*mlflow \(its newest is 1\): see `eqm mo"):
        opened(settings).find("eqm", "7")
    with pytest.raises(RegistryError, match=r"model x has no version 1 .*models here: eqm"):
        opened(settings).find("x", "1")


def test_other_windows_than_those_trained_on_are_refused(settings: Settings, tmp_path: Path) -> None:
    write_bundle(tmp_path / "trained", ALL)
    with pytest.raises(RegistryError, match="was not trained on these windows"):
        register(settings, tmp_path / "trained", TrainingConfig(), made_up(seed=2), card="0" * 16)
    assert opened(settings).versions("eqm") == ()


def test_what_dies_half_way_shows_no_version(
    settings: Settings, registered: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("models.datasets.held_out.write", full)
        with pytest.raises(RegistryError, match=r"registering models in .*: no space left on device"):
            registered(ALL)
    assert opened(settings).versions("eqm") == ()
    assert not settings.current_bundle.exists()
    assert registered(ALL).number == 1


def test_trainings_that_end_at_once_are_all_registered_and_one_is_champion(settings: Settings, tmp_path: Path) -> None:
    rows = made_up()
    for features in range(4):
        write_bundle(tmp_path / str(features), features)

    def one(features: int) -> int:
        version, _ = register(settings, tmp_path / str(features), TrainingConfig(), rows, card="0" * 16)
        return version.number

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(one, range(4))) == [1, 2, 3, 4]
    versions = opened(settings).versions("eqm")
    assert [each.aliases for each in versions] == [("champion",), (), (), ("challenger",)]
    assert (settings.current_bundle / "saved_model" / "features").read_text() == str(int(versions[0].bundle, 16))


def test_a_moved_home_is_not_written_elsewhere(settings: Settings, registered: Register, tmp_path: Path) -> None:
    registered(SOME)
    moved = tmp_path / "moved"
    shutil.copytree(settings.home, moved)
    write_bundle(tmp_path / "late", ALL)
    with pytest.raises(RegistryError, match="it was moved; move it back"):
        register(Settings(home=moved), tmp_path / "late", TrainingConfig(), made_up(), card="0" * 16)


def test_deleted_files_are_named(settings: Settings, registered: Register, tmp_path: Path) -> None:
    version = registered(SOME)
    registry = opened(settings)
    shutil.rmtree(settings.home / "mlflow" / "artifacts" / version.run)
    title = r"version 1 of eqm \(000000000002\)"
    for read, what in ((registry.bundle, "bundle"), (registry.held_out, r"held_out\.npz")):
        with pytest.raises(RegistryError, match=rf"{what} of {title} cannot be had \(put it back, or train it again\)"):
            read(version, tmp_path)


def test_torn_windows_are_named(settings: Settings, registered: Register, tmp_path: Path) -> None:
    version = registered(SOME)
    (file,) = (settings.home / "mlflow" / "artifacts" / version.run).rglob("held_out.npz")
    file.write_bytes(file.read_bytes()[:500])
    with pytest.raises(RegistryError, match=r"held_out\.npz cannot be read"):
        opened(settings).held_out(version, tmp_path)


def test_the_cards_hash_is_that_of_its_file(tmp_path: Path) -> None:
    manifest = write_bundle(tmp_path / "trained", ALL)
    assert card_hash(None, manifest) == manifest.data_hash
    (tmp_path / "card.json").write_text("{}")
    assert card_hash(tmp_path, manifest) == "44136fa355b3678a"


def test_versions_that_others_keep_there_are_passed_by(settings: Settings, registered: Register) -> None:
    registered(SOME)
    registry: Registry = opened(settings)
    registry.client.create_model_version("eqm", "somewhere/else")
    assert [each.number for each in registry.versions("eqm")] == [1]


def test_windows_from_before_a_baseline_are_not_compared_on(
    settings: Settings, registered: Register, tmp_path: Path
) -> None:
    rows = made_up()
    early = rows.window_end_ms < np.unique(rows.window_end_ms)[3]
    baseline = np.where(early[:, None], np.float32(np.nan), rows.baseline)
    version = registered(SOME, replace(rows, baseline=baseline))
    assert len(opened(settings).held_out(version, tmp_path).label) == (24 - 3) * len(SPLIT.test)


def test_the_next_training_can_hold_out_whom_the_champion_was_judged_on(
    settings: Settings, registered: Register, tmp_path: Path
) -> None:
    assert people_of_champion(Settings(home=tmp_path), "eqm") == ()
    assert people_of_champion(settings, "eqm") == ()
    registered(SOME)
    registered(ALL, split=Split(("p0", "p4", "p5"), ("p1",), ("p2", "p3")))
    assert people_of_champion(settings, "eqm") == ("p4", "p5")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("eqm", "first champion: nothing to compare it with; it is in use now"),
        ("other", "another model's bundle is in use: `eqm models promote 1 --name other` uses this one"),
    ],
)
def test_what_has_become_of_it_is_said(settings: Settings, tmp_path: Path, name: str, line: str) -> None:
    write_bundle(settings.current_bundle, NONE)
    write_bundle(tmp_path / "trained", ALL, name=name)
    said = registered_line(*register(settings, tmp_path / "trained", TrainingConfig(), made_up(), card="0" * 16))
    assert line in said
    again = registered_line(*register(settings, tmp_path / "trained", TrainingConfig(), made_up(), card="0" * 16))
    assert f"a challenger: `eqm models promote 2 --name {name}` compares and uses it" in again
