"""The rules of messages as the JVM's decoder gets them: `Contract.java` reads this JSON."""

import json

from pipelines.signals.series.samples import CHANNEL_SLOTS, SOURCE_SLOTS
from schemas.channels import CHANNELS, Channel
from schemas.message_rules import (
    EXCERPT_CHARS,
    FORBIDDEN_IN_IDS,
    INSTANT,
    MAX_DEPTH,
    MAX_ID_LENGTH,
    MAX_NUMBER_CHARS,
    MAX_READING_BYTES,
    MAX_SUCCESSIVE,
)
from schemas.windows import EARLIEST_MS, LATEST_MS, MAX_FUTURE_MS


def decoder_contract() -> str:
    """The decoder's rules.

    >>> json.loads(decoder_contract())["channels"][0]
    {'name': 'hr', 'lowest': 20, 'highest': 300, 'none': [-1, 0, 255, 511], 'successive': False}
    """
    return json.dumps(
        {
            "channels": [_channel(each) for each in CHANNELS],
            "slots": CHANNEL_SLOTS,
            "source_slots": SOURCE_SLOTS,
            "max_bytes": MAX_READING_BYTES,
            "max_depth": MAX_DEPTH,
            "max_number_chars": MAX_NUMBER_CHARS,
            "max_id_length": MAX_ID_LENGTH,
            "max_successive": MAX_SUCCESSIVE,
            "forbidden_in_ids": FORBIDDEN_IN_IDS,
            "instant": INSTANT,
            "excerpt_chars": EXCERPT_CHARS,
            "earliest_ms": EARLIEST_MS,
            "latest_ms": LATEST_MS,
            "max_future_ms": MAX_FUTURE_MS,
        }
    )


def _channel(channel: Channel) -> dict[str, object]:
    lowest, highest = channel.valid
    return {
        "name": channel.name,
        "lowest": lowest,
        "highest": highest,
        "none": channel.none,
        "successive": channel.successive,
    }
