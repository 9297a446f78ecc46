"""Kill anything at any moment: what is committed is what an undisturbed run commits."""

import random
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from pipelines.core.settings import Settings
from pipelines.sources.recording import Recording
from tests.recovery import kills as of
from tests.recovery.kills import Strike
from tests.recovery.outcome import Outcome, assert_accounted, assert_same, outcome
from tests.recovery.redis_server import SERVER, RedisServer
from tests.recovery.stage import Stage, stage
from tests.recovery.struck import Struck, strike_all

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
"""kafka-python leaves a socket behind where it is closed while it asks for metadata."""

SPEED = 4.0
KILLS: tuple[Strike, ...] = (of.taskmanager, of.jobmanager, of.python_worker, of.broker, of.replayer)
OTHERS: tuple[Strike, ...] = (of.partition, of.store, of.upgrade)
AT_LEAST_ONCE = 5


def shuffled(strikes: Sequence[Strike], seed: int) -> list[Strike]:
    return random.Random(seed).sample(list(strikes), len(strikes))


def dealt(count: int, seed: int) -> list[Strike]:
    """So many kills, of all kinds alike, and the other disturbances among them."""
    return shuffled([*(KILLS[number % len(KILLS)] for number in range(count)), *OTHERS], seed)


class Suite:
    """Rounds of a replay, until all strikes are dealt."""

    @pytest.fixture(autouse=True)
    def _given(
        self, bundle: Path, people: list[Recording], kinds: tuple[str, ...], undisturbed: Outcome, tmp_path: Path
    ) -> None:
        self.bundle, self.people, self.undisturbed, self.folder = bundle, people, undisturbed, tmp_path
        self.kinds = kinds

    def survive(self, settings: Settings, strikes: list[Strike], seed: int, found: list[Struck]) -> None:
        while strikes:
            with stage(settings, self.bundle, self.people, self.folder, speed=SPEED, kinds=self.kinds) as running:
                struck, strikes = strike_all(running, strikes, seed + len(strikes))
                again = running.replays > 1
            found += struck
            print(f"\n{len(struck)} strikes ({settings.delivery}), {len(strikes)} to come", file=sys.stderr)
            assert_same(outcome(settings), self.undisturbed, once=settings.exactly_once, replayed_again=again)


class TestKills(Suite):
    def test_exactly_once(self, settings: Settings, kills: int, seed: int, struck: list[Struck]) -> None:
        print(f"\nEQM_RECOVERY_SEED={seed}", file=sys.stderr)
        self.survive(settings, dealt(kills, seed), seed, struck)

    def test_at_least_once(self, settings: Settings, seed: int, struck: list[Struck]) -> None:
        changed = settings.model_copy(update={"delivery": "at-least-once"})
        strikes = shuffled(KILLS, seed)[:AT_LEAST_ONCE]
        self.survive(changed, strikes, seed, struck)

    def test_late_readings(self, settings: Settings, seed: int, struck: list[Struck]) -> None:
        """What is late is a matter of timing; but whatever is killed, it never brings back a window that was sent."""
        given = {"speed": SPEED, "late_share": 0.05, "kinds": self.kinds}
        with stage(settings, self.bundle, self.people, self.folder, **given) as running:
            found, left = strike_all(running, [of.taskmanager, of.python_worker, of.jobmanager], seed)
        struck += found
        assert not left
        met = outcome(settings)
        assert met.late > 0
        assert_accounted(met, once=True)

    @pytest.mark.skipif(SERVER is None, reason="redis-server is not installed: apt-get install redis-server")
    def test_redis_away(self, settings: Settings, seed: int, struck: list[Struck], redis: RedisServer) -> None:
        """Both jobs need it, and fail until it is back."""

        def redis_away(_: Stage, __: random.Random) -> None:
            redis.kill()
            time.sleep(of.AWAY_S)
            redis.start()

        changed = settings.model_copy(update={"feast_profile": "production", "redis_url": redis.url})
        self.survive(changed, [redis_away, of.python_worker], seed, struck)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path, free_port())
    server.start()
    yield server
    server.kill()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
