"""The root of all errors that are shown to users as one line."""


class EqmError(Exception):
    """One clear line: what, where, and what to do."""
