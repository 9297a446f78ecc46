"""What can go wrong, as a tree.

EqmError
├── SettingsError     a setting that cannot be used
├── InputError        a file, folder or record that cannot be read
├── StackError        a broker, cluster or store that is not as it must be
└── BundleError       a model bundle that must not be applied
"""

from models.errors import BundleError, EqmError


class SettingsError(EqmError):
    """A setting that cannot be used."""


class InputError(EqmError):
    """A file, folder or record that cannot be read."""


class StackError(EqmError):
    """A broker, cluster or store that is not as it must be."""


__all__ = ["BundleError", "EqmError", "InputError", "SettingsError", "StackError"]
