"""A hash over everything a model's input depends on. A bundle whose hash differs is refused."""

import hashlib
import json

from schemas.channels import CHANNELS, SEQUENCE_CHANNELS
from schemas.feature_table import FEATURES
from schemas.windows import HOP_S, WINDOW_S


def schema_hash() -> str:
    """Sixteen hex digits; changes with any channel, feature, unit or window constant.

    >>> len(schema_hash())
    16
    """
    declared = {
        "channels": [(c.name, c.unit, c.valid, c.plausible) for c in CHANNELS],
        "features": [(f.name, f.unit) for f in FEATURES],
        "sequence": SEQUENCE_CHANNELS,
        "window": [WINDOW_S, HOP_S],
    }
    return hashlib.sha256(json.dumps(declared).encode()).hexdigest()[:16]
