"""Settings: where they are read, which wins, and what a bad one says."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from pipelines.core.errors import SettingsError
from pipelines.core.settings import OWNER_VARIABLE, Settings, load


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "eqm.toml"


def test_flag_wins_over_environment_over_file_over_default(file: Path) -> None:
    assert load(environment={}, file=file).parallelism == Settings().parallelism
    file.write_text("parallelism = 3\ntask_slots = 5\nkafka_port = 20000\n", "utf-8")
    environment = {"EQM_PARALLELISM": "4", "EQM_TASK_SLOTS": "6", "HOME": "ignored"}
    found = load({"parallelism": "7", "recordings": None}, environment=environment, file=file)
    assert (found.parallelism, found.task_slots, found.kafka_port) == (7, 6, 20000)


def test_every_setting_is_explained() -> None:
    assert not [name for name, field in Settings.model_fields.items() if not field.description]


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings().parallelism = 3


def test_folders_do_not_depend_on_where_they_are_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    found = load({"recordings": "data"}, environment={})
    assert (found.home, found.recordings) == (tmp_path / "build" / "eqm", tmp_path / "data")


def test_an_outside_cluster_replaces_the_local_one() -> None:
    local = load(environment={"EQM_KAFKA_PORT": "20001", "EQM_FLINK_REST_PORT": "20002"})
    assert (local.bootstrap_servers, local.flink_address) == ("127.0.0.1:20001", "127.0.0.1:20002")
    outside = load(environment={"EQM_BOOTSTRAP": "a:1,b:2", "EQM_FLINK": "c:3"})
    assert (outside.bootstrap_servers, outside.flink_address) == ("a:1,b:2", "c:3")


def test_checkpoints_are_frequent_only_where_output_waits_for_them() -> None:
    assert load(environment={}).checkpoint_interval_ms == 1000
    assert load(environment={"EQM_DELIVERY": "at-least-once"}).checkpoint_interval_ms == 10_000
    given = load(environment={"EQM_DELIVERY": "at-least-once", "EQM_CHECKPOINT_MS": "300"})
    assert given.checkpoint_interval_ms == 300
    assert load(environment=given.environment()) == given
    assert load(environment=load(environment={}).environment()).checkpoint_interval_ms == 1000


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("EQM_KAFKA_PORT", "many", "EQM_KAFKA_PORT is 'many'"),
        ("EQM_KAFKA_PORT", "70000", "EQM_KAFKA_PORT is '70000'"),
        ("EQM_KAFKA_PORT", "80", "1024"),
        ("EQM_PARALLELISM", "0", "EQM_PARALLELISM is '0'"),
        ("EQM_WINDOW_PHASES", "0", "EQM_WINDOW_PHASES is '0': Input should be greater than or equal to 1"),
        ("EQM_WINDOW_PHASES", "7", "EQM_WINDOW_PHASES is '7': 5000 ms cannot be cut into so many equal parts"),
        ("EQM_WINDOW_PHASES", "10000", "EQM_WINDOW_PHASES is '10000'"),
        ("EQM_DELIVERY", "twice", "'exactly-once' or 'at-least-once'"),
        ("EQM_BOOTSTRAP", "broker", "EQM_BOOTSTRAP is 'broker'"),
        ("EQM_KAFKA_PROT", "1", "EQM_KAFKA_PROT is not a setting; did you mean EQM_KAFKA_PORT?"),
        ("EQM_", "1", "EQM_ is not a setting"),
    ],
)
def test_a_bad_value_is_one_line_that_names_it(name: str, value: str, said: str, file: Path) -> None:
    with pytest.raises(SettingsError) as fault:
        load(environment={name: value}, file=file)
    assert said in str(fault.value)
    assert "\n" not in str(fault.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("partitions = 'some'", "eqm.toml: partitions is 'some'"),
        ("partition = 2", "eqm.toml: partition is not a setting; did you mean"),
        ("partitions = ", "eqm.toml cannot be read"),
    ],
)
def test_a_bad_file_is_one_line_that_names_it(text: str, said: str, file: Path) -> None:
    file.write_text(text, "utf-8")
    with pytest.raises(SettingsError) as fault:
        load(environment={}, file=file)
    assert said in str(fault.value)
    assert "\n" not in str(fault.value)


def test_a_bad_flag_is_named_as_it_was_typed() -> None:
    with pytest.raises(SettingsError, match="--task-slots is 'x'"):
        load({"task_slots": "x"}, environment={})


def test_the_mark_of_a_stack_is_no_setting() -> None:
    assert load(environment={OWNER_VARIABLE: "anything"}) == load(environment={})


def test_settings_go_to_another_process_as_they_are(tmp_path: Path) -> None:
    settings = load({"home": tmp_path, "parallelism": 3, "redis_url": "redis://h:1/0"}, environment={})
    assert load(environment=settings.environment(), file=tmp_path / "none.toml") == settings
