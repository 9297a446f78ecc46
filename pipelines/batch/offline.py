"""A bin's rows as the offline store has them now."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from feature_repo.columns import EVENT_TIMESTAMP, WINDOW_FEATURES
from feature_repo.offline_schema import arrow_schema
from feature_repo.partitions import counting_rows, read_whole
from pipelines.archive.bins import Bin
from pipelines.core.errors import InputError, first_line


def stored_rows(folder: Path, part: Bin) -> pa.Table:
    """The rows that count, by user and window, whichever writer they are of."""
    low, high = (pa.scalar(at, pa.timestamp("ms")) for at in (part.first_ms, part.last_ms))
    chosen = (pc.field(EVENT_TIMESTAMP) >= low) & (pc.field(EVENT_TIMESTAMP) < high)

    def read(listed: list[Path]) -> pa.Table:
        source = ds.dataset(listed, schema=arrow_schema(WINDOW_FEATURES), format="parquet")
        return source.to_table(filter=chosen)

    try:
        table = read_whole(folder, [part.day], read)
    except (OSError, pa.ArrowException) as fault:
        raise InputError(f"{folder}, {part.day}: {first_line(fault)}; restore the file, or move it away") from fault
    return table.take(counting_rows(table))
