"""A bundle comes into use only when it fits and is not worse; what was before can be had back."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.bundle.folder import MANIFEST, SAVED_MODEL
from models.bundle.predictor import Predictor
from models.core.errors import RegistryError
from models.datasets.split import Split
from pipelines.core.settings import Settings
from pipelines.training.registry import ALREADY, BACK, FIRST, MENDED, OTHER_SCHEMA, opened, promote, register, rollback
from tests.release.thorough.registry.bundles import ALL, NONE, SOME, SPLIT, write_bundle
from tests.release.thorough.registry.conftest import Register, empty
from tests.unit.models.people import TINY, made_up

TEST_PEOPLE_LEARNT = Split(("p0", "p4", "p5"), ("p1",), ("p2", "p3"))


def in_use(settings: Settings) -> int:
    return int((settings.current_bundle / SAVED_MODEL / "features").read_text())


def champion(settings: Settings) -> int:
    found = opened(settings).champion("eqm")
    assert found is not None
    return found.number


def kept_bundle(settings: Settings, number: int) -> Path:
    registry = opened(settings)
    return registry.bundle(registry.find("eqm", str(number)), settings.home)


def test_a_better_version_becomes_champion_and_comes_into_use(settings: Settings, registered: Register) -> None:
    registered(SOME)
    registered(ALL)
    change = promote(settings, "eqm", "challenger")
    assert change.replaced is not None
    assert change.replaced.number == 1
    assert change.comparison is not None
    assert change.comparison.people == ("p4", "p5")
    assert change.comparison.windows == 48
    assert change.comparison.difference["value"] > 0.1
    assert "on 48 windows of 2 simulated people whom neither knows" in change.why
    assert (champion(settings), in_use(settings)) == (2, ALL)
    assert [each.aliases for each in opened(settings).versions("eqm")] == [(), ("champion",)]


def test_a_worse_version_is_refused_and_told_by_how_much(settings: Settings, registered: Register) -> None:
    registered(ALL)
    registered(NONE)
    with pytest.raises(
        RegistryError,
        match=r"version 2 of eqm \(0{12}\) is worse than the champion, version 1: balanced accuracy 0\.333 against"
        r" 0\.979, -0\.646 \(95 % -0\.667 to -0\.625\); ECE .* 48 windows of 2 simulated people whom neither knows;"
        " train a better one, the champion stays",
    ):
        promote(settings, "eqm", "2")
    assert (champion(settings), in_use(settings)) == (1, ALL)


def test_an_equal_version_may_take_its_place(settings: Settings, registered: Register) -> None:
    registered(ALL)
    registered(ALL, version="a" * 12)
    change = promote(settings, "eqm", "2")
    assert change.comparison is not None
    assert change.comparison.difference["value"] == 0
    assert champion(settings) == 2


def test_people_whom_the_champion_knows_do_not_count(settings: Settings, registered: Register) -> None:
    registered(SOME, split=Split(("p0", "p1", "p4"), ("p2",), ("p3", "p5")))
    registered(ALL)
    change = promote(settings, "eqm", "2")
    assert change.comparison is not None
    assert change.comparison.people == ("p5",)
    assert change.comparison.difference["low"] is None


def test_without_anybody_unknown_to_both_it_is_refused(settings: Settings, registered: Register) -> None:
    registered(SOME, split=TEST_PEOPLE_LEARNT)
    registered(ALL)
    with pytest.raises(
        RegistryError, match=r"\(p4, p5\) there is nobody whom the champion does not know; .* held out \(p2, p3\)"
    ):
        promote(settings, "eqm", "2")
    assert (champion(settings), in_use(settings)) == (1, SOME)


def test_without_a_champion_there_is_nothing_to_compare_with(settings: Settings, registered: Register) -> None:
    registered(NONE)
    opened(settings).client.delete_registered_model_alias("eqm", "champion")
    assert promote(settings, "eqm", "1").why == FIRST


def test_another_kind_of_people_or_labels_is_refused(settings: Settings, registered: Register) -> None:
    registered(SOME)
    registered(ALL, replace(made_up(), trained_on="recorded people"))
    with pytest.raises(RegistryError, match=r"version 2 of eqm .* has trained_on recorded people, the champion, ver"):
        promote(settings, "eqm", "2")
    registered(ALL, replace(made_up(), label_names=("calm", "stress", "joy")))
    with pytest.raises(RegistryError, match=r"labels calm, stress, joy, the champion, version 1, calm, stress, exer"):
        promote(settings, "eqm", "3")
    assert (champion(settings), in_use(settings)) == (1, SOME)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"data_hash": "f" * 16}, r"its run says data_hash .*, its bundle f{16}: these are not the files that were"),
        ({"labels": ("calm", "stress", "joy")}, "its run says labels calm, stress, exercise, its bundle calm, stress"),
        ({"trained_on": "recorded people"}, "its run says trained_on simulated people, its bundle recorded people"),
        ({"version": "f" * 12}, r"its run says bundle .*, its bundle f{12}"),
        ({"schema_hash": "0" * 16}, r"cannot be used: bundle .* was made for schema 0{16}, this version has"),
    ],
)
def test_a_bundle_that_is_not_the_one_registered_is_refused(
    settings: Settings, registered: Register, tmp_path: Path, facts: dict[str, object], message: str
) -> None:
    registered(SOME)
    registered(ALL)
    kept = kept_bundle(settings, 2)
    write_bundle(kept, ALL, **facts)
    with pytest.raises(RegistryError, match=message):
        promote(settings, "eqm", "2")
    assert (champion(settings), in_use(settings)) == (1, SOME)


def test_a_changed_byte_is_refused(settings: Settings, registered: Register) -> None:
    registered(SOME)
    registered(ALL)
    (kept_bundle(settings, 2) / SAVED_MODEL / "features").write_text("61")
    with pytest.raises(RegistryError, match=r"version 2 of eqm .* cannot be used: .* differ from the checksum"):
        promote(settings, "eqm", "2")
    assert (champion(settings), in_use(settings)) == (1, SOME)


def test_a_champion_whose_files_are_gone_is_named(settings: Settings, registered: Register) -> None:
    registered(SOME)
    registered(ALL)
    shutil.rmtree(kept_bundle(settings, 1))
    with pytest.raises(RegistryError, match=r"no comparing with the champion: bundle of version 1 of eqm .* --name"):
        promote(settings, "eqm", "2")
    assert champion(settings) == 1


def test_a_champion_of_another_schema_cannot_stay(
    settings: Settings, registered: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered(SOME)
    registered(NONE)
    opened(settings).client.set_model_version_tag("eqm", "1", "schema_hash", "0" * 16)
    assert promote(settings, "eqm", "2").why == OTHER_SCHEMA
    assert in_use(settings) == NONE


def test_one_label_a_person_compares_nothing(settings: Settings, registered: Register) -> None:
    rows = made_up()
    single = rows.rows(~np.isin(rows.person, SPLIT.test) | (rows.label == 0))
    registered(SOME, single)
    registered(ALL, single)
    with pytest.raises(RegistryError, match="p4, p5: nobody unknown to both bundles shows two labels"):
        promote(settings, "eqm", "2")


def test_rollback_goes_back_champion_by_champion(settings: Settings, registered: Register) -> None:
    for features in (NONE, SOME, ALL):
        registered(features)
    promote(settings, "eqm", "2")
    promote(settings, "eqm", "3")
    for number, features in ((2, SOME), (1, NONE)):
        change = rollback(settings, "eqm")
        assert (change.version.number, change.why) == (number, BACK)
        assert (champion(settings), in_use(settings)) == (number, features)
    with pytest.raises(RegistryError, match=r"version 1 of eqm .* has replaced no champion: there is nothing to go"):
        rollback(settings, "eqm")


def test_rollback_without_a_champion(settings: Settings) -> None:
    with pytest.raises(RegistryError, match="model eqm has no champion in"):
        rollback(settings, "eqm")


def test_a_broken_version_is_not_gone_back_to(settings: Settings, registered: Register) -> None:
    registered(SOME)
    registered(ALL)
    promote(settings, "eqm", "2")
    (kept_bundle(settings, 1) / MANIFEST).unlink()
    with pytest.raises(RegistryError, match=r"version 1 of eqm .* cannot be used: .*manifest\.json is missing"):
        rollback(settings, "eqm")
    assert (champion(settings), in_use(settings)) == (2, ALL)


def test_interrupted_between_champion_and_bundle_the_same_again_mends_it(
    settings: Settings, registered: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    registered(SOME)
    registered(ALL)
    with monkeypatch.context() as patch:
        patch.setattr("models.bundle.folder.write", killed)
        with pytest.raises(KeyboardInterrupt):
            promote(settings, "eqm", "2")
    assert (champion(settings), in_use(settings)) == (2, SOME)
    assert promote(settings, "eqm", "2").why == ALREADY
    assert (champion(settings), in_use(settings)) == (2, ALL)
    with monkeypatch.context() as patch:
        patch.setattr("models.bundle.folder.write", killed)
        with pytest.raises(KeyboardInterrupt):
            rollback(settings, "eqm")
    assert (champion(settings), in_use(settings)) == (1, ALL)
    assert rollback(settings, "eqm").why == MENDED
    assert (champion(settings), in_use(settings)) == (1, SOME)


def test_a_real_bundle_goes_all_the_way(home: Path, bundle: Path) -> None:
    empty(home)
    settings = Settings(home=home)
    for _ in range(2):
        register(settings, bundle, TINY, made_up(), card="0" * 16)
    change = promote(settings, "tiny", "challenger")
    assert change.comparison is not None
    assert change.comparison.difference["value"] == 0
    assert Predictor.load(settings.current_bundle).manifest.version == change.version.bundle
