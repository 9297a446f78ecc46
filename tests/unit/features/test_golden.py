"""What is computed does not change unnoticed: a model must not read other numbers than it was trained on."""

from dataclasses import replace

import pytest

from schemas import fingerprint
from schemas.feature_table import FAMILIES, FEATURES, Family
from tests import golden


@pytest.fixture(scope="module")
def found() -> golden.Numbers:
    return golden.computed()


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_numbers_move_only_with_their_revision(found: golden.Numbers, family: Family) -> None:
    revisions, kept = golden.read()
    assert revisions[family.name] == family.revision, "a new revision: run `python -m tests.golden`"
    names = golden.moved(kept, found, family.name)
    assert not names, f"{names} moved: raise the revision of {family.name} in schemas/feature_table.py"


def test_every_feature_has_golden_numbers_that_are_known_somewhere(found: golden.Numbers) -> None:
    for feature in FEATURES:
        assert any(each is not None for each in found[feature.family.name][feature.name]), feature.name


@pytest.mark.parametrize("place", range(len(FAMILIES)), ids=[family.name for family in FAMILIES])
def test_the_schema_hash_depends_on_every_revision(place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint.schema_hash()
    raised = [replace(each, revision=each.revision + (n == place)) for n, each in enumerate(FAMILIES)]
    monkeypatch.setattr(fingerprint, "FAMILIES", tuple(raised))
    assert fingerprint.schema_hash() != before
