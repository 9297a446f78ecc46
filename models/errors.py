"""What can go wrong with models."""

from schemas.errors import EqmError


class BundleError(EqmError):
    """A model bundle that must not be applied."""


class TrainingError(EqmError, ValueError):
    """Labelled windows or settings that no honest model can be trained with."""
