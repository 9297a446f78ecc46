"""Baselines for a stream: asked for seldom, never of the future, and never made up where the store is away."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from feature_repo.columns import USER_BASELINE, VIEWS
from feature_repo.online import OnlineRow, write_newest
from feature_repo.store import apply, open_store
from pipelines.baselines.online_cache import KEEP_S, BaselineLookUp, stored_baselines
from pipelines.core.errors import FeatureStoreError
from schemas.feature_table import MEAN_NAMES
from tests.unit.memory import FLAT, growth

SOME_MS = 1_700_000_000_000


@dataclass
class Store:
    """What is stored, and who was asked for."""

    rows: dict[str, OnlineRow] = field(default_factory=dict)
    asked: list[list[str]] = field(default_factory=list)
    now_s: float = 100.0

    def put(self, user: str, at_ms: int, level: float | None) -> None:
        self.rows[user] = OnlineRow(user, at_ms, dict.fromkeys(MEAN_NAMES, level))

    def read(self, users: Sequence[str]) -> list[OnlineRow | None]:
        self.asked.append(list(users))
        return [self.rows.get(user) for user in users]

    def known(self) -> BaselineLookUp:
        return BaselineLookUp(self.read, lambda: self.now_s)


def test_a_baseline_of_a_later_moment_is_not_known_yet() -> None:
    store = Store()
    store.put("ann", SOME_MS, 60.0)
    levels = store.known().at(["ann", "ann", "bob"], [SOME_MS, SOME_MS - 1, SOME_MS])
    assert (levels[0] == 60).all()
    assert np.isnan(levels[1:]).all()
    assert store.asked == [["ann", "bob"]]


def test_the_store_is_asked_again_only_after_a_while_also_for_those_it_does_not_know() -> None:
    store = Store()
    known = store.known()
    for store.now_s in (100.0, 100.0 + KEEP_S / 2):
        known.at(["ann", "bob"], [SOME_MS, SOME_MS])
    known.at(["eve"], [SOME_MS])
    assert store.asked == [["ann", "bob"], ["eve"]]
    store.put("bob", SOME_MS, 70.0)
    store.now_s = 100.0 + KEEP_S
    assert (known.at(["bob", "eve"], [SOME_MS, SOME_MS])[0] == 70).all()
    assert store.asked[2:] == [["bob"]]


def test_a_feature_without_a_level_is_missing_and_no_rows_ask_nothing() -> None:
    store = Store()
    store.put("ann", SOME_MS, None)
    assert np.isnan(store.known().at(["ann"], [SOME_MS])).all()
    assert Store().known().at([], []).shape == (0, len(MEAN_NAMES))


def test_a_store_that_cannot_be_read_is_not_an_unknown_user() -> None:
    def away(users: Sequence[str]) -> list[OnlineRow | None]:
        raise FeatureStoreError("Redis is away")

    with pytest.raises(FeatureStoreError, match="away"):
        BaselineLookUp(away, lambda: 0.0).at(["ann"], [SOME_MS])


def test_what_the_feature_store_holds(tmp_path: Path) -> None:
    with pytest.raises(FeatureStoreError, match="not applied"):
        stored_baselines("local", str(tmp_path), None, clock=lambda: 0.0)
    apply("local", tmp_path)
    columns = {column.name: np.array([at]) for at, column in enumerate(VIEWS[USER_BASELINE])}
    columns |= {name: np.array([float(at)]) for at, name in enumerate(MEAN_NAMES)}
    write_newest(open_store("local", tmp_path), USER_BASELINE, ["ann"], np.array([SOME_MS]), columns)
    found = stored_baselines("local", str(tmp_path), None, clock=lambda: 0.0).at(["ann", "bob"], [SOME_MS, SOME_MS])
    assert found[0].tolist() == list(range(len(MEAN_NAMES)))
    assert np.isnan(found[1]).all()


@pytest.mark.parametrize("seconds_a_batch", [0.0, 1.0])
def test_a_million_users_leave_memory_flat(seconds_a_batch: float) -> None:
    """Whether they come in no time, as where a job catches up, or a batch a second; unknown users are kept as well."""
    store = Store()
    known = store.known()

    def take(users: list[str]) -> None:
        store.now_s += seconds_a_batch
        store.asked.clear()
        known.at(users, [SOME_MS] * len(users))

    assert growth(take) < FLAT
    assert len(known._kept) <= known.users


def test_users_who_stay_away_are_forgotten_when_their_time_is_over() -> None:
    store = Store()
    known = store.known()
    known.at(["ann", "bob"], [SOME_MS, SOME_MS])
    store.now_s += KEEP_S / 2
    known.at(["eve"], [SOME_MS])
    store.now_s += KEEP_S / 2
    known.at(["eve"], [SOME_MS])
    assert list(known._kept) == ["eve"]


@pytest.mark.parametrize("most", [1, 2, 3])
def test_a_batch_of_more_users_than_are_kept_is_answered_all_the_same(most: int) -> None:
    store = Store()
    users = ["ann", "bob", "eve", "zoe"]
    for level, user in enumerate(users):
        store.put(user, SOME_MS, float(level))
    known = BaselineLookUp(store.read, lambda: store.now_s, users=most)
    for _ in range(2):
        assert known.at(users, [SOME_MS] * 4)[:, 0].tolist() == [0.0, 1.0, 2.0, 3.0]
        assert len(known._kept) == most
