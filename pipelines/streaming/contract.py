"""What the JVM decoder enforces, handed to it as JSON: made from the schemas, declared nowhere else."""

import json

from pipelines.signals.samples import CHANNEL_SLOTS
from schemas.channels import CHANNELS
from schemas.reasons import EXCERPT_CHARS, MAX_ID_LENGTH, MAX_READING_BYTES
from schemas.windows import EARLIEST_MS, LATEST_MS, MAX_FUTURE_MS


def decoder_contract() -> str:
    """The decoder's rules.

    >>> json.loads(decoder_contract())["channels"][0]
    {'name': 'hr', 'lowest': 20, 'highest': 300}
    """
    return json.dumps(
        {
            "channels": [{"name": c.name, "lowest": c.valid[0], "highest": c.valid[1]} for c in CHANNELS],
            "slots": CHANNEL_SLOTS,
            "max_bytes": MAX_READING_BYTES,
            "max_id_length": MAX_ID_LENGTH,
            "excerpt_chars": EXCERPT_CHARS,
            "earliest_ms": EARLIEST_MS,
            "latest_ms": LATEST_MS,
            "max_future_ms": MAX_FUTURE_MS,
        }
    )
