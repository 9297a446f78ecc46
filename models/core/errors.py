"""What can go wrong with models."""

from schemas.errors import EqmError


class BundleError(EqmError):
    """A model bundle that must not be applied."""


class TrainingError(EqmError, ValueError):
    """Labelled windows or settings that no honest model can be trained with."""


class RegistryError(EqmError):
    """A registry that is not as it must be, or a model that must not be promoted."""
