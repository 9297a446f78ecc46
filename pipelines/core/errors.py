"""What can go wrong, as a tree.

EqmError
├── SettingsError     a setting that cannot be used
├── InputError        a file, folder or record that cannot be read
├── StackError        a broker, cluster or store that is not as it must be
├── FeatureStoreError a store that is not as it must be, or rows it must not take
├── TrainingError     windows or settings that no honest model can be trained with
├── BundleError       a model bundle that must not be applied
└── RegistryError     a registry that is not as it must be, or a model that must not be promoted
"""

from feature_repo.errors import FeatureStoreError
from models.core.errors import BundleError, RegistryError, TrainingError
from schemas.errors import EqmError


class SettingsError(EqmError):
    """A setting that cannot be used."""


class InputError(EqmError):
    """A file, folder or record that cannot be read."""


class StackError(EqmError):
    """A broker, cluster or store that is not as it must be."""


def first_line(fault: Exception) -> str:
    """What another library's exception says, cut to its first line.

    >>> first_line(OSError("torn\\nsomewhere"))
    'torn'
    """
    return (str(fault).strip().splitlines() or [type(fault).__name__])[0]


__all__ = [
    "BundleError",
    "EqmError",
    "FeatureStoreError",
    "InputError",
    "RegistryError",
    "SettingsError",
    "StackError",
    "TrainingError",
    "first_line",
]
