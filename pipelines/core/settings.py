"""What can be set, where it is read, and what it must be.

`main` reads settings once. A command's flag wins over the environment (`EQM_` and the name in capitals), the
environment over `eqm.toml` in the working folder, and `eqm.toml` over the default.

`docs/settings.md` is made from this model. Make it again after a change: `python -m pipelines.core.settings_page`.
"""

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from feature_repo.columns import WINDOW_FEATURES
from feature_repo.folders import offline_folder
from pipelines.core.errors import SettingsError
from schemas.windows import HOP_MS, PHASES

PREFIX: Final = "EQM_"
FILE: Final = Path("eqm.toml")
OWNER_VARIABLE: Final = "EQM_STACK_HOME"
"""Set in the environment of every process of a local stack, to the home folder of that stack; not a setting."""

Folder = Annotated[Path, AfterValidator(Path.absolute)]
Port = Annotated[int, Field(ge=1024, le=65_535)]
Count = Annotated[int, Field(ge=1)]
Megabytes = Annotated[int, Field(ge=64)]
Address = Annotated[str, Field(pattern=r"^([^\s:,]+:\d{1,5}(,[^\s:,]+:\d{1,5})*)?$")]


def _dividing_the_hop(phases: int) -> int:
    if HOP_MS % phases:
        raise PydanticCustomError(
            "phases",
            "{hop_ms} ms cannot be cut into so many equal parts of whole milliseconds; 20, 10, 5 or 1 will do",
            {"hop_ms": HOP_MS},
        )
    return phases


Phases = Annotated[Count, AfterValidator(_dividing_the_hop)]


class Settings(BaseModel):
    """All settings, with their defaults."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    home: Folder = Field(default=Path("build/eqm"), validate_default=True)
    """Home folder. Broker, cluster, feature store, archive, models and logs keep their files in it."""
    jvm: Folder = Path(__file__).parents[2] / "build" / "jvm"
    """Folder of the JVM parts, as `make` fetches and builds them."""
    bootstrap: Address = ""
    """Bootstrap servers of a Kafka of your own, `host:port[,host:port]`. Empty: the local broker."""
    flink: Address = ""
    """REST address of a Flink cluster of your own, `host:port`. Empty: the local cluster."""
    host: str = "127.0.0.1"
    """Address that the local broker and cluster listen on."""
    kafka_port: Port = 19092
    """Port of the local broker."""
    kafka_controller_port: Port = 19093
    """Port of the local broker's controller."""
    kafka_heap_mb: Megabytes = 512
    """Heap of the local broker."""
    kafka_retention_mb: Megabytes = 1024
    """Size up to which the local broker keeps each partition. Age deletes nothing, because recordings are old."""
    java_options: str = ""
    """JVM options of the local broker and TaskManager. `-XX:TieredStopAtLevel=1` suits runs of a few minutes."""
    partitions: Count = 4
    """Partitions of each topic that `eqm up` makes. Topics that exist keep theirs."""
    flink_rest_port: Port = 18081
    """Port of the local cluster's REST interface and web page."""
    flink_port_base: Annotated[int, Field(ge=1024, le=65_530)] = 18082
    """First of four consecutive ports of the local cluster: three of the JobManager, one of the TaskManager."""
    jobmanager_memory_mb: Annotated[int, Field(ge=768)] = 1024
    """Memory of the JobManager process."""
    taskmanager_memory_mb: Annotated[int, Field(ge=1280)] = 2560
    """Memory of the TaskManager process, without its Python workers."""
    managed_memory_mb: Megabytes = 512
    """Flink's managed memory, a part of the TaskManager's memory. RocksDB and Python workers are accounted to it."""
    task_slots: Count = 8
    """Slots of the local TaskManager."""
    state_backend: Literal["hashmap", "rocksdb"] = "hashmap"
    """Where jobs on the local cluster keep state: `hashmap` on the heap, `rocksdb` on disk."""
    prometheus_port: Annotated[int, Field(ge=0, le=65_534)] = 0
    """First of two ports on which the local cluster serves Prometheus metrics, open to the network. 0: none."""
    parallelism: Count = 2
    """Parallelism of submitted jobs."""
    checkpoint_ms: Annotated[int, Field(ge=100)] | None = None
    """Interval between checkpoints of submitted jobs. Not set: 1,000 with `exactly-once` delivery, because readers see
    output only after a checkpoint; 10,000 with `at-least-once`, because readers see it at once."""
    delivery: Literal["exactly-once", "at-least-once"] = "exactly-once"
    """When output appears, and whether it can repeat. `exactly-once`: with the next checkpoint, and never again.
    `at-least-once`: immediately; after a failure some of it comes again."""
    roll_s: Count = 300
    """Seconds for which readings and feature rows are held before they go to a Parquet file. They go sooner where
    65,536 of them, or 16 MB, have come to a subtask. So far the archive and the offline rows lag behind at most."""
    idle_ms: Count = 15_000
    """Time without an accepted reading after which a partition is idle. An idle partition does not hold the watermark
    back, so the windows of the other partitions close without it."""
    publish_features: bool = False
    """Whether the stream job also writes the features topic. The features job always does, for the emotions job."""
    window_phases: Phases = PHASES
    """Instants of each five seconds at which windows end, each user's at one of them. `1`: all users' at once. Divides
    5,000. To change it, drain the job that reads the readings, submit it again, and backfill the days that are to be
    compared."""
    feast_profile: Literal["local", "production"] = "local"
    """Where Feast keeps online features: `local` in SQLite, `production` in Redis."""
    redis_url: str = ""
    """Address of Redis, `redis://host:port/db`. Profile `production` needs it."""
    mlflow: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""
    """Address of an MLflow server, `http://host:port`. Empty: SQLite and files below `HOME/mlflow`."""
    recordings: Folder | None = None
    """Folder of recordings. `eqm demo` shows them in place of simulated people, `eqm replay` sends them by default."""

    def environment(self) -> dict[str, str]:
        """The same settings as variables for another process."""
        given = self.model_dump(mode="json", exclude_none=True)
        return {f"{PREFIX}{name.upper()}": str(value) for name, value in given.items()}

    @property
    def bootstrap_servers(self) -> str:
        """Kafka's address, local or outside."""
        return self.bootstrap or f"{self.host}:{self.kafka_port}"

    @property
    def flink_address(self) -> str:
        """The Flink REST interface's `host:port`, local or outside."""
        return self.flink or f"{self.host}:{self.flink_rest_port}"

    @property
    def exactly_once(self) -> bool:
        return self.delivery == "exactly-once"

    @property
    def checkpoint_interval_ms(self) -> int:
        """`checkpoint_ms`, or the delivery's default: a checkpoint a second takes a tenth of two small processors."""
        # What each interval costs and what waits for it: docs/decisions/0011-what-being-ready-costs.md.
        return self.checkpoint_ms or (1000 if self.exactly_once else 10_000)

    @property
    def feast_folder(self) -> Path:
        """Data folder of the feature store."""
        return self.home / "feast"

    @property
    def current_bundle(self) -> Path:
        """The model bundle in use, where the emotions job looks unless told otherwise."""
        return self.home / "models" / "current"

    @property
    def live_bundles(self) -> Path:
        """Copies of the bundles that were announced, or submitted with an emotions job. EQM never changes one."""
        return self.home / "models" / "live"

    @property
    def archive_folder(self) -> Path:
        """Accepted readings, Parquet by day."""
        return self.home / "archive"

    @property
    def features_folder(self) -> Path:
        """Offline feature rows, Parquet by day, where the feature store looks for them."""
        return offline_folder(self.feast_folder, WINDOW_FEATURES)

    @property
    def log_folder(self) -> Path:
        """Logs of servers and of submissions."""
        return self.home / "log"


def load(
    flags: Mapping[str, Any] | None = None, *, environment: Mapping[str, str] | None = None, file: Path = FILE
) -> Settings:
    """Settings from flags (None: not given), environment and file; raises SettingsError on the first bad one."""
    sources = {
        f"{file}: ": _from_file(file),
        PREFIX: _from_environment(os.environ if environment is None else environment),
        "--": {name: value for name, value in (flags or {}).items() if value is not None},
    }
    origins: dict[str, str] = {}
    values: dict[str, Any] = {}
    for origin, given in sources.items():
        values |= given
        origins |= {name: _shown(origin, name) for name in given}
        for name in given.keys() - Settings.model_fields.keys():
            raise SettingsError(f"{origins[name]} is not a setting{_hint(origin, name)}")
    try:
        return Settings.model_validate(values)
    except ValidationError as fault:
        raise SettingsError(_first_line(fault, origins)) from None


def _from_file(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise SettingsError(f"{file} cannot be read: {fault}") from fault


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(PREFIX) and name != OWNER_VARIABLE
    }


def _shown(origin: str, name: str) -> str:
    """The setting as its reader wrote it.

    >>> _shown("EQM_", "kafka_port"), _shown("--", "kafka_port"), _shown("eqm.toml: ", "kafka_port")
    ('EQM_KAFKA_PORT', '--kafka-port', 'eqm.toml: kafka_port')
    """
    spelled = {PREFIX: name.upper(), "--": name.replace("_", "-")}
    return origin + spelled.get(origin, name)


def _hint(origin: str, name: str) -> str:
    close = difflib.get_close_matches(name, Settings.model_fields, n=1)
    return f"; did you mean {_shown(origin, close[0])}?" if close else ""


def _first_line(fault: ValidationError, origins: dict[str, str]) -> str:
    error = fault.errors()[0]
    name = str(error["loc"][0])
    description = (Settings.model_fields[name].description or "").split(".")[0].replace("\n", " ")
    return f"{origins.get(name, name)} is {error['input']!r}: {error['msg']} ({description})"
