"""The root of all errors that are shown to users as one line, and those of bundles."""


class EqmError(Exception):
    """One clear line: what, where, and what to do."""


class BundleError(EqmError):
    """A model bundle that must not be applied."""
