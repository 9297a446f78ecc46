"""MLflow, imported where it is used, in silence, and opened; it tells nobody of it."""

import os
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from models.core.database import address, damage
from models.core.errors import RegistryError

if TYPE_CHECKING:
    from mlflow import MlflowClient

DATABASE: Final = "mlflow.db"
ARTIFACTS: Final = "artifacts"

ALONE: Final = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
UNLESS_SET: Final = {
    "MLFLOW_LOGGING_LEVEL": "CRITICAL",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
}
"""MLflow would wait for a dead server for minutes, and log faults that are raised as well."""


class NothingRegisteredError(RegistryError):
    """No database is there yet."""


def connect(folder: Path, server: str, *, make: bool = False) -> "MlflowClient":
    """A client of the server, or of the database in the folder, made as a whole or not at all if asked to.

    Raises RegistryError where there is none, or one that cannot be read.
    """
    database = folder / DATABASE
    with faults(f"MLflow at {server or database}"):
        if server:
            return _client(server)
        if make and not database.exists():
            _make(folder)
        _check(database)
        return _client(address(database))


@contextmanager
def faults(what: str) -> Iterator[None]:
    """What MLflow and its database raise within becomes one line."""
    _hush()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError
    try:
        yield
    except (MlflowException, SQLAlchemyError, sqlite3.Error, OSError) as fault:
        line = (str(fault).strip().splitlines() or [type(fault).__name__])[0]
        raise RegistryError(f"{what}: {line}") from fault


def _hush() -> None:
    os.environ.update(ALONE)
    for name, value in UNLESS_SET.items():
        os.environ.setdefault(name, value)


def _client(uri: str) -> "MlflowClient":
    # SQLAlchemy warns of what MLflow's tables use.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=uri, registry_uri=uri)


def _make(folder: Path) -> None:
    """Built beside: what dies half-way leaves none, and of two at once the first one's stays."""
    if (folder / ARTIFACTS).exists():
        raise RegistryError(
            f"{folder / DATABASE} is missing, but {ARTIFACTS}/ beside it has runs: put the database back,"
            f" or move {folder} away to begin anew"
        )
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".mlflow.", dir=folder) as temporary:
        fresh = Path(temporary) / DATABASE
        _client(address(fresh))
        with suppress(FileExistsError):
            (folder / DATABASE).hardlink_to(fresh)


def _check(database: Path) -> None:
    """MLflow itself would try a damaged file again for minutes."""
    if not database.is_file():
        raise NothingRegisteredError(
            f"no model is registered in {database.parent}: `eqm train` registers what it trains"
        )
    if found := damage(database, table="alembic_version"):
        raise RegistryError(
            f"{database} is damaged, or not MLflow's ({found}): put a copy of it back,"
            f" or move {database.parent} away to begin anew"
        )
