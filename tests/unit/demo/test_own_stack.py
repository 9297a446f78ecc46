"""A demo has a home, ports and servers of its own, and removes what a demo made alone."""

import socket
from pathlib import Path

import pytest

from pipelines.core.errors import StackError
from pipelines.core.settings import Settings
from pipelines.demo.own_stack import HOME, apart, begin_anew
from pipelines.stack import home
from pipelines.stack.servers import servers


def numbers(settings: Settings) -> set[int]:
    return {port.number for server in servers(settings) for port in server.ports}


def test_the_demos_home_is_never_the_users(tmp_path: Path) -> None:
    users = Settings()
    assert apart(users, HOME).home != users.home
    assert users.home not in apart(users, HOME).home.parents
    assert apart(Settings(home=tmp_path), HOME).home == HOME.absolute()


@pytest.mark.parametrize(
    "given", [{}, {"kafka_port": 25_001, "kafka_controller_port": 25_101}, {"prometheus_port": 9_249}]
)
def test_the_demos_ports_are_none_of_the_users(given: dict[str, int]) -> None:
    users = Settings.model_validate(given)
    assert not numbers(users) & numbers(apart(users, HOME))
    assert len(numbers(apart(users, HOME))) == len(numbers(users))


@pytest.mark.parametrize("name", ["kafka_port", "flink_rest_port"])
def test_a_port_in_use_moves_all_of_them_further(name: str) -> None:
    users = Settings()
    taken = getattr(apart(users, HOME), name)
    with socket.create_server(("127.0.0.1", taken)):
        assert taken not in numbers(apart(users, HOME))
        assert not numbers(users) & numbers(apart(users, HOME))


def test_where_no_ports_are_left_the_demo_says_which_setting_helps() -> None:
    with pytest.raises(StackError, match="set EQM_KAFKA_PORT lower"):
        apart(Settings(kafka_port=65_500), HOME)


@pytest.mark.parametrize(
    "given",
    [
        {"bootstrap": "kafka.example:9092"},
        {"flink": "flink.example:8081"},
        {"mlflow": "http://mlflow.example:5000"},
        {"feast_profile": "production", "redis_url": "redis://redis.example:6379/0"},
    ],
)
def test_the_demo_uses_no_server_of_the_users(given: dict[str, str]) -> None:
    own = apart(Settings.model_validate(given), HOME)
    assert len(servers(own)) == 3
    assert "example" not in str(own.environment())


@pytest.mark.parametrize("maker", [None, "", "somebody"])
def test_a_home_that_no_demo_has_made_is_refused_and_stays(tmp_path: Path, maker: str | None) -> None:
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "part-0").write_text("readings", "utf-8")
    if maker is not None:
        home.mark(tmp_path, maker)
    with pytest.raises(StackError, match="no demo has made"):
        begin_anew(Settings(home=tmp_path))
    assert (tmp_path / "archive" / "part-0").read_text("utf-8") == "readings"


def test_a_demos_home_is_made_anew(tmp_path: Path) -> None:
    own = Settings(home=tmp_path / "home")
    begin_anew(own)
    (own.home / "archive").mkdir()
    begin_anew(own)
    assert [path.name for path in own.home.iterdir()] == [home.MARK]
    assert home.maker_of(own.home) == "demo"


def test_an_empty_folder_may_become_a_demos(tmp_path: Path) -> None:
    begin_anew(Settings(home=tmp_path))
    assert home.maker_of(tmp_path) == "demo"
