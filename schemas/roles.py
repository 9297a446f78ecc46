"""What a model can do in the running emotions job, and what its workers report of it."""

from enum import StrEnum


class Role(StrEnum):
    """Where a model's events go."""

    SERVE = "serve"
    """To the emotion topic: everybody's, but for users whom `share` has."""
    SHADOW = "shadow"
    """To the shadow topic: the same windows, answered beside the others."""
    SHARE = "share"
    """To the emotion topic: those of a stable share of users, in place of `serve`."""


class ModelStatus(StrEnum):
    """What has become of a model in one worker."""

    LOADED = "loaded"
    REFUSED = "refused"
    RETIRED = "retired"
    RUNNING = "running"
