"""The stack of a demo: a home, ports and a registry of its own, so that it touches nothing of its user's."""

from pathlib import Path
from typing import Final

from pipelines.core.errors import StackError
from pipelines.core.ports import is_free
from pipelines.core.settings import Settings
from pipelines.demo.outcome import FOLDER
from pipelines.stack import home
from pipelines.stack.servers import servers
from pipelines.stack.stack import down

HOME: Final = FOLDER / "home"
MAKER: Final = "demo"

PORTS: Final = ("kafka_port", "kafka_controller_port", "flink_rest_port", "flink_port_base", "prometheus_port")
STEP: Final = 100
HIGHEST: Final = 65_535

LOCAL: Final = {"bootstrap": "", "flink": "", "feast_profile": "local", "redis_url": "", "mlflow": ""}
"""Simulated people and their model are not for the user's broker, cluster, store and registry."""


ROLL_S: Final = 1
"""A demo waits until its readings are in the archive."""


def apart(settings: Settings, own_home: Path) -> Settings:
    """The user's settings for a stack beside the user's: in that home, on ports that are free now.

    The ports are the user's and as many hundreds as it takes, one at least: the user's own may be wanted meanwhile.
    Raises StackError where no such ports are free.
    """
    local = settings.model_copy(update={**LOCAL, "home": own_home.absolute(), "roll_s": ROLL_S})
    users = _numbers(local)
    candidates = (_moved(local, by) for by in range(STEP, HIGHEST, STEP))
    found = next((each for each in candidates if each and _is_free(each) and _numbers(each).isdisjoint(users)), None)
    if found is None:
        raise StackError(f"no free ports for a demo above {settings.kafka_port}: set EQM_KAFKA_PORT lower")
    return found


def begin_anew(own: Settings) -> None:
    """Stops and removes what an earlier demo has left in the home; raises StackError where no demo has made it."""
    is_empty = own.home.is_dir() and not any(own.home.iterdir())
    if own.home.exists() and not is_empty and home.maker_of(own.home) != MAKER:
        raise StackError(f"no demo has made {own.home}, so none removes it: give the demo another --home")
    home.mark(own.home, MAKER)
    down(own, wipe=True)
    home.mark(own.home, MAKER)


def _moved(settings: Settings, by: int) -> Settings | None:
    """With all ports moved; None where some would be no port. A port 0 means none, and stays so."""
    ports = {name: number + by for name in PORTS if (number := getattr(settings, name))}
    moved = settings.model_copy(update=ports)
    return moved if max(_numbers(moved)) <= HIGHEST else None


def _is_free(settings: Settings) -> bool:
    return all(is_free(settings.host, number) for number in _numbers(settings))


def _numbers(settings: Settings) -> set[int]:
    return {port.number for server in servers(settings) for port in server.ports}
