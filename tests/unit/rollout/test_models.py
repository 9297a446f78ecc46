"""Which models are in force in a worker, after whatever messages."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

import pytest

from models.bundle.predictor import Predictor
from models.core.errors import BundleError
from pipelines.rollout.control import good_key_of, key_of
from pipelines.rollout.models import LiveModels
from schemas.records import ModelControl
from schemas.roles import ModelStatus, Role


def control(role: Role, version: str, share: float | None = None) -> ModelControl:
    uri = f"file:///models/{version}"
    return ModelControl(role=role, name="small", version=version, uri=uri, checksum="0" * 64, share=share)


def value(role: Role, version: str, share: float | None = None) -> bytes:
    return control(role, version, share).model_dump_json().encode()


@dataclass
class Worker:
    """Models whose network is the name of their version; those that begin with "bad" cannot be loaded."""

    loads: list[str] = field(default_factory=list)
    told: list[tuple[Role | None, str | None, ModelStatus]] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.models = LiveModels(control(Role.SERVE, "first"), self.load, self.tell, self.keep)

    def load(self, given: ModelControl) -> Predictor:
        self.loads.append(given.version)
        if given.version == "bad":
            raise BundleError("torn")
        if given.version == "worse":
            raise RuntimeError("who knows\nwhat")
        return Predictor(given.version, None)  # type: ignore[arg-type]

    def tell(self, role: Role | None, given: ModelControl | None, status: ModelStatus, detail: str) -> None:
        assert "\n" not in detail
        self.told.append((role, given and given.version, status))

    def keep(self, given: ModelControl) -> None:
        self.kept.append(given.version)

    def in_force(self) -> tuple[object, object, object, float]:
        now = self.models.now()
        of = [getattr(now.of(role), "manifest", None) for role in (Role.SERVE, Role.SHADOW, Role.SHARE)]
        return (*of, now.share_of_users)  # type: ignore[return-value]


@pytest.fixture
def worker() -> Worker:
    found = Worker()
    found.models.begin({})
    return found


def test_who_was_submitted_serves_where_nothing_was_announced(worker: Worker) -> None:
    assert worker.in_force() == ("first", None, None, 0.0)
    assert worker.told == [(Role.SERVE, "first", ModelStatus.LOADED)]


def test_what_was_announced_is_loaded_before_the_first_batch() -> None:
    worker = Worker()
    worker.models.begin(
        {
            key_of(Role.SHARE): value(Role.SHARE, "third", 0.25),
            key_of(Role.SERVE): value(Role.SERVE, "second"),
            key_of(Role.SHADOW): None,
            good_key_of(Role.SHADOW): value(Role.SHADOW, "gone"),
        }
    )
    assert worker.in_force() == ("second", None, "third", 0.25)
    assert worker.loads == ["second", "third"]


def test_a_bad_announcement_gives_way_to_what_was_loaded_last() -> None:
    worker = Worker()
    latest = {key_of(role): value(role, "bad", 0.5 if role == Role.SHARE else None) for role in Role} | {
        good_key_of(Role.SERVE): value(Role.SERVE, "second"),
        good_key_of(Role.SHARE): b"{",
    }
    worker.models.begin(latest)
    assert worker.in_force() == ("second", None, None, 0.0)


@pytest.mark.parametrize("latest", [b"{", value(Role.SERVE, "bad"), value(Role.SERVE, "worse")])
def test_without_any_good_one_the_submitted_serves(latest: bytes) -> None:
    worker = Worker()
    worker.models.begin({key_of(Role.SERVE): latest})
    assert worker.in_force() == ("first", None, None, 0.0)


@pytest.mark.parametrize("bad", [b"{", value(Role.SERVE, "bad"), value(Role.SERVE, "worse"), value(Role.SHADOW, "x")])
def test_a_bad_message_changes_nothing_and_is_told(worker: Worker, bad: bytes) -> None:
    worker.models.apply(key_of(Role.SERVE), value(Role.SERVE, "second"))
    before = worker.in_force()
    worker.models.apply(key_of(Role.SERVE), bad)
    worker.models.apply(b"king", bad)
    assert worker.in_force() == before == ("second", None, None, 0.0)
    assert [status for _, _, status in worker.told[-2:]] == [ModelStatus.REFUSED] * 2
    assert worker.kept == ["second"]
    worker.models.apply(key_of(Role.SERVE), value(Role.SERVE, "third"))
    assert worker.in_force() == ("third", None, None, 0.0)


def test_the_same_again_is_not_loaded_again(worker: Worker) -> None:
    worker.models.apply(key_of(Role.SERVE), value(Role.SERVE, "second"))
    worker.models.apply(key_of(Role.SERVE), value(Role.SERVE, "second"))
    worker.models.apply(key_of(Role.SHADOW), value(Role.SHADOW, "second"))
    worker.models.apply(key_of(Role.SHARE), value(Role.SHARE, "second", 0.1))
    worker.models.apply(key_of(Role.SHARE), value(Role.SHARE, "second", 0.2))
    assert worker.loads == ["first", "second"]
    assert worker.in_force() == ("second", "second", "second", 0.2)


def test_a_role_that_ends_leaves_the_others(worker: Worker) -> None:
    worker.models.apply(key_of(Role.SERVE), value(Role.SERVE, "second"))
    worker.models.apply(key_of(Role.SHADOW), value(Role.SHADOW, "third"))
    worker.models.apply(key_of(Role.SHARE), value(Role.SHARE, "fourth", 1.0))
    worker.models.apply(key_of(Role.SHADOW), None)
    assert worker.in_force() == ("second", None, "fourth", 1.0)
    worker.models.apply(key_of(Role.SERVE), None)
    worker.models.apply(key_of(Role.SHARE), None)
    worker.models.apply(key_of(Role.SHARE), None)
    assert worker.in_force() == ("first", None, None, 0.0)
    assert worker.told[-3:] == [
        (Role.SERVE, "second", ModelStatus.RETIRED),
        (Role.SERVE, "first", ModelStatus.LOADED),
        (Role.SHARE, "fourth", ModelStatus.RETIRED),
    ]


def test_a_guest_that_raised_is_given_up_once_and_can_come_back(worker: Worker) -> None:
    worker.models.apply(key_of(Role.SHADOW), value(Role.SHADOW, "second"))
    guest = worker.models.now().shadow
    assert guest is not None
    for _ in range(2):
        worker.models.give_up(Role.SHADOW, guest, ValueError("no"))
    assert worker.in_force() == ("first", None, None, 0.0)
    assert worker.told[-1] == (Role.SHADOW, "second", ModelStatus.RETIRED)
    assert len(worker.told) == 3
    worker.models.apply(key_of(Role.SHADOW), value(Role.SHADOW, "second"))
    worker.models.give_up(Role.SHADOW, guest, ValueError("an old batch"))
    assert worker.in_force() == ("first", "second", None, 0.0)


def test_catching_up_does_what_was_missed_and_nothing_twice(worker: Worker) -> None:
    worker.models.apply(key_of(Role.SHADOW), value(Role.SHADOW, "second"))
    worker.models.catch_up({key_of(Role.SERVE): value(Role.SERVE, "third")})
    worker.models.catch_up({key_of(Role.SERVE): value(Role.SERVE, "third"), key_of(Role.SHADOW): None})
    assert worker.in_force() == ("third", None, None, 0.0)
    assert worker.loads == ["first", "second", "third"]


class Watching(ModelControl):
    """Calls back when it is looked at, as a batch may come at any moment."""

    then: ClassVar[list[Callable[[], None]]] = []

    def __getattribute__(self, name: str) -> object:
        if name == "checksum":
            for each in type(self).then:
                each()
        return super().__getattribute__(name)


@pytest.mark.parametrize("gone", [Role.SHADOW, Role.SHARE])
@pytest.mark.parametrize(("role", "share"), [(Role.SERVE, None), (Role.SHADOW, None), (Role.SHARE, 0.5)])
def test_a_guest_that_is_given_up_while_an_announcement_is_followed_spoils_nothing(
    monkeypatch: pytest.MonkeyPatch, gone: Role, role: Role, share: float | None
) -> None:
    """Batches are answered by another thread than the one that follows."""
    worker = Worker()
    submitted = Watching(**control(Role.SERVE, "first").model_dump())
    worker.models = LiveModels(submitted, worker.load, worker.tell, worker.keep)
    worker.models.begin({})
    for guest, size in ((Role.SHADOW, None), (Role.SHARE, 0.1)):
        worker.models.apply(key_of(guest), value(guest, f"{guest}-guest", size))
    guest_model = worker.models.now().of(gone)
    assert guest_model is not None
    monkeypatch.setattr(Watching, "then", [lambda: worker.models.give_up(gone, guest_model, ValueError("no"))])
    worker.models.apply(key_of(role), value(role, "second", share))
    assert ModelStatus.REFUSED not in [status for _, _, status in worker.told]
    found = worker.models.now().of(role)
    assert found is not None
    assert found.manifest == "second"  # type: ignore[comparison-overlap]
