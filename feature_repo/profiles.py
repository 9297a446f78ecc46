"""The two profiles as Feast configurations, made at run time: no path or address is committed."""

from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from feature_repo.errors import FeatureStoreError
from feature_repo.folders import ONLINE, REGISTRY

PROJECT: Final = "eqm"
LOCAL: Final = "local"
PRODUCTION: Final = "production"
REDIS_TIMEOUT_S: Final = 10


def configuration(profile: str, data_folder: Path, redis_url: str | None = None) -> dict[str, Any]:
    """What `feature_store.yaml` would hold. Paths in it are relative to `repo_path`, the data folder.

    `local`: SQLite online, Parquet offline. `production`: Redis online, which needs `redis_url`.
    """
    return {
        "project": PROJECT,
        "provider": "local",
        "repo_path": data_folder,
        "registry": {
            "registry_store_type": "feature_repo.registry_file.AtomicFileRegistryStore",
            "path": REGISTRY,
        },
        "online_store": _online(profile, redis_url),
        "offline_store": {"type": "feature_repo.parquet_offline.PartitionedParquetOfflineStore"},
        "entity_key_serialization_version": 3,
    }


def _online(profile: str, redis_url: str | None) -> dict[str, Any]:
    if profile == LOCAL:
        return {"type": "feature_repo.guarded_sqlite.GuardedSqliteOnlineStore", "path": ONLINE}
    if profile != PRODUCTION:
        raise FeatureStoreError(f"feature store profile {profile!r} is unknown: use {LOCAL!r} or {PRODUCTION!r}")
    if not redis_url:
        raise FeatureStoreError(f"feature store profile {PRODUCTION!r} needs a Redis address: redis://host:6379/0")
    return {
        "type": "feature_repo.guarded_redis.GuardedRedisOnlineStore",
        "connection_string": connection_string(redis_url),
    }


def connection_string(redis_url: str) -> str:
    """A Redis URL as Feast writes it.

    >>> connection_string("redis://cache:6380/2")
    'cache:6380,db=2,socket_connect_timeout=10,socket_timeout=10'
    """
    url = urlsplit(redis_url)
    database = url.path.strip("/") or "0"
    if url.scheme not in ("redis", "rediss") or not url.hostname or not database.isdecimal():
        raise FeatureStoreError(f"Redis address {redis_url!r} is not of the form redis://host:6379/0")
    parts = [f"{url.hostname}:{url.port or 6379}", f"db={database}"]
    parts += [f"{name}={value}" for name, value in (("username", url.username), ("password", url.password)) if value]
    parts += ["ssl=true"] if url.scheme == "rediss" else []
    parts += [f"socket_connect_timeout={REDIS_TIMEOUT_S}", f"socket_timeout={REDIS_TIMEOUT_S}"]
    return ",".join(parts)
