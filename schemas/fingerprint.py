"""A hash over everything a model's input depends on. A bundle whose hash differs is refused."""

import hashlib
import json
from dataclasses import asdict

from schemas.channels import CHANNELS, SEQUENCE_CHANNELS
from schemas.feature_table import EVIDENCE_FIGURES, FAMILIES, FEATURES
from schemas.windows import HOP_S, PHASE_SCHEME, WINDOW_S


def schema_hash() -> str:
    """Sixteen hex digits; changes with any channel, feature, unit, window constant, and revision of a family.

    And with how a user's phase is found, but not with how many phases there are: what a model reads does not depend on
    where on the clock a window ends, so a bundle fits any number of them.

    >>> len(schema_hash())
    16
    """
    declared = {
        "channels": [asdict(channel) | {"description": ""} for channel in CHANNELS],
        "features": [(f.name, f.unit, f.family.name) for f in FEATURES],
        "evidence": [(f.name, f.unit) for f in EVIDENCE_FIGURES],
        "families": [(f.name, f.revision) for f in FAMILIES],
        "sequence": SEQUENCE_CHANNELS,
        "window": [WINDOW_S, HOP_S, PHASE_SCHEME],
    }
    return hashlib.sha256(json.dumps(declared).encode()).hexdigest()[:16]
