"""The feature store as part of the stack: applied when the stack comes up, asked for its state."""

import warnings

from pipelines.core.errors import StackError
from pipelines.core.settings import Settings


def apply(settings: Settings) -> bool:
    """Applies the definitions; False where they are applied already.

    Feast, once imported, shows everybody's deprecation warnings; that is taken back.
    """
    from feature_repo import store
    from feature_repo.errors import FeatureStoreError

    try:
        with warnings.catch_warnings():
            return store.apply(settings.feast_profile, settings.feast_folder, settings.redis_url or None)
    except (FeatureStoreError, ConnectionError) as fault:
        raise StackError(f"the feature store cannot be applied: {fault}") from fault


def is_applied(settings: Settings) -> bool:
    """Whether the current definitions are applied to the current profile and place."""
    from feature_repo import store

    return store.is_applied(settings.feast_profile, settings.feast_folder, settings.redis_url or None)
