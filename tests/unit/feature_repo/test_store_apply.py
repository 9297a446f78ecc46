"""Applying: once, completely, and said clearly when it has not been done."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from feature_repo.errors import FeatureStoreError
from feature_repo.folders import ONLINE, REGISTRY, STAMP
from feature_repo.profiles import configuration, connection_string
from feature_repo.store import apply, is_applied, open_store
from tests.unit.feature_repo.online_spec import newest_ms, write

REDIS = "redis://cache.example:6379/0"


def test_applying_again_does_nothing(folder: Path) -> None:
    before = (folder / REGISTRY).read_bytes()
    assert not apply("local", folder)
    assert (folder / REGISTRY).read_bytes() == before


@pytest.mark.parametrize("lost", [REGISTRY, ONLINE, STAMP])
def test_a_lost_file_means_not_applied(folder: Path, lost: str) -> None:
    (folder / lost).unlink()
    assert not is_applied("local", folder)
    with pytest.raises(FeatureStoreError, match=r"Feast is not applied in .* run `eqm up`"):
        open_store("local", folder)


def test_other_definitions_profile_or_address_mean_not_applied(folder: Path) -> None:
    assert not is_applied("production", folder, REDIS)
    stamp = json.loads((folder / STAMP).read_text())
    (folder / STAMP).write_text(json.dumps(stamp | {"definitions": "0" * 16}))
    assert not is_applied("local", folder)


def test_an_interrupted_apply_is_repeated_and_keeps_the_rows(folder: Path) -> None:
    write(open_store("local", folder), "ann", 5)
    (folder / STAMP).unlink()
    assert apply("local", folder)
    assert newest_ms(open_store("local", folder), "ann") == 5


def test_the_data_folder_may_be_moved(folder: Path, tmp_path: Path) -> None:
    write(open_store("local", folder), "ann", 5)
    moved = Path(shutil.move(folder, tmp_path / "elsewhere"))
    assert newest_ms(open_store("local", moved), "ann") == 5
    assert str(tmp_path).encode() not in (moved / REGISTRY).read_bytes()


def test_nothing_applied_makes_no_files(tmp_path: Path) -> None:
    with pytest.raises(FeatureStoreError):
        open_store("local", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_whether_it_is_applied_is_answered_without_feast(folder: Path) -> None:
    code = f"import sys; from feature_repo.store import is_applied; assert is_applied('local', {str(folder)!r})"
    code += "; assert 'feast' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])


def test_profiles() -> None:
    with pytest.raises(FeatureStoreError, match="profile 'staging' is unknown: use 'local' or 'production'"):
        configuration("staging", Path())
    with pytest.raises(FeatureStoreError, match="needs a Redis address"):
        configuration("production", Path())
    assert configuration("production", Path(), REDIS)["online_store"]["connection_string"].startswith("cache.example:")


def test_redis_addresses() -> None:
    assert connection_string("rediss://ann:s3cret@cache").split(",")[:5] == [
        "cache:6379",
        "db=0",
        "username=ann",
        "password=s3cret",
        "ssl=true",
    ]
    for wrong in ("cache:6379", "http://cache", "redis://", "redis://cache/x"):
        with pytest.raises(FeatureStoreError, match="not of the form"):
            connection_string(wrong)
