"""A Redis online store whose event-time guard is one atomic step, so that two writers cannot race.

Keys, fields and values are Feast's own: whatever reads Feast's Redis reads this. Not for Redis Cluster,
whose pipelines take no scripts. Why not Feast's own stores: docs/decisions/0003-own-adapters-to-feast.md.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final, Literal

from feast import FeatureView, RepoConfig
from feast.infra.key_encoding_utils import serialize_entity_key
from feast.infra.online_stores.helpers import _mmh3
from feast.infra.online_stores.redis import RedisOnlineStore, RedisOnlineStoreConfig
from feast.protos.feast.types.Value_pb2 import RepeatedValue
from google.protobuf.timestamp_pb2 import Timestamp
from redis.exceptions import RedisError

from feature_repo.errors import FeatureStoreError
from feature_repo.newest import newest_rows
from feature_repo.packing import pack
from feature_repo.rows import EncodedRow, Progress, WriteRow, epoch_us

SET_UNLESS_OLDER: Final = """
local function instant(blob)
    local fields, at = {0, 0}, 1
    while at <= #blob do
        local field, value, scale = math.floor(blob:byte(at) / 8), 0, 1
        repeat
            at = at + 1
            local part = blob:byte(at)
            value = value + (part % 128) * scale
            scale = scale * 128
        until part < 128
        fields[field] = value
        at = at + 1
    end
    return fields[1], fields[2]
end
local held = redis.call('HGET', KEYS[1], ARGV[2])
if held then
    local held_s, held_ns = instant(held)
    local new_s, new_ns = instant(ARGV[3])
    if new_s < held_s or (new_s == held_s and new_ns < held_ns) then return 0 end
end
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
if tonumber(ARGV[1]) > 0 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return 1
"""
"""Arguments: seconds to live (0: for ever), then field and value pairs, the first being the event time."""

ROWS_PER_TRIP: Final = 500


class GuardedRedisOnlineStoreConfig(RedisOnlineStoreConfig):  # type: ignore[misc]
    """Settings of `GuardedRedisOnlineStore`."""

    type: Literal["feature_repo.guarded_redis.GuardedRedisOnlineStore"] = (
        "feature_repo.guarded_redis.GuardedRedisOnlineStore"
    )


class GuardedRedisOnlineStore(RedisOnlineStore):  # type: ignore[misc]
    """The production profile's online store."""

    def online_write_batch(
        self, config: RepoConfig, table: FeatureView, data: list[WriteRow], progress: Progress
    ) -> None:
        """Feast's way in; see `write_newest`."""
        self.write_newest(config, table, data)
        if progress:
            progress(len(data))

    async def online_write_batch_async(
        self, config: RepoConfig, table: FeatureView, data: list[WriteRow], progress: Progress
    ) -> None:
        """The same, without concurrency: Feast's own asynchronous path has no atomic guard."""
        self.online_write_batch(config, table, data, progress)

    def write_newest(self, config: RepoConfig, table: FeatureView, data: Sequence[WriteRow]) -> int:
        """Write the newest row of each user; see `write_encoded`. A feature that a row lacks becomes null."""
        names = [feature.name for feature in table.features]
        keys = [_key(config, row) for row in data]
        newest = newest_rows(keys, [epoch_us(row[2]) for row in data])
        rows = [(keys[i], epoch_us(data[i][2]), pack(names, data[i][1])) for i in newest]
        return self.write_encoded(config, table, rows)

    def write_encoded(self, config: RepoConfig, table: FeatureView, rows: Sequence[EncodedRow]) -> int:
        """Write rows of different users, except where the store holds a newer one.

        A user's row changes at once; a batch does not. Returns the number of rows that were written.
        """
        hashed = [_mmh3(f"{table.name}:{feature.name}") for feature in table.features]
        head = [config.online_store.key_ttl_seconds or 0, f"_ts:{table.name}"]
        project = config.project.encode()
        calls = ((key + project, [*head, *_pairs(moment_us, packed, hashed)]) for key, moment_us, packed in rows)
        with _clear_errors(config):
            return self._run(config, calls)

    def _run(self, config: RepoConfig, calls: Iterator[tuple[bytes, list[Any]]]) -> int:
        client = self._get_client(config.online_store)
        script = client.register_script(SET_UNLESS_OLDER)
        written = 0
        while trip := list(islice(calls, ROWS_PER_TRIP)):
            with client.pipeline(transaction=False) as pipe:
                for key, arguments in trip:
                    script(keys=[key], args=arguments, client=pipe)
                written += sum(pipe.execute())
        return written

    def _read_hash_fields(self, config: RepoConfig, commands: list[Any]) -> list[list[bytes | None]]:
        with _clear_errors(config):
            answers: list[list[bytes | None]] = super()._read_hash_fields(config, commands)
            return answers


def _key(config: RepoConfig, row: WriteRow) -> bytes:
    serialised: bytes = serialize_entity_key(row[0], config.entity_key_serialization_version)
    return serialised


def _pairs(moment_us: int, packed: bytes, hashed: Sequence[bytes]) -> Iterator[bytes]:
    """The event time's blob, then hashed field name and value of every feature."""
    event_time = Timestamp()
    event_time.FromMicroseconds(moment_us)
    yield event_time.SerializeToString()
    for name, value in zip(hashed, RepeatedValue.FromString(packed).val, strict=True):
        yield name
        yield value.SerializeToString()


@contextmanager
def _clear_errors(config: RepoConfig) -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        server = config.online_store.connection_string.split(",")[0]
        raise FeatureStoreError(f"Redis at {server}: {error}; start it or correct the setting") from error
