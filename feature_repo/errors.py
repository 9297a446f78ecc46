"""What can go wrong with the feature store."""

from schemas.errors import EqmError


class FeatureStoreError(EqmError, ValueError):
    """The store is not as it must be, or was given rows that it must not take."""
