"""One stack and one bundle for the whole session."""

from tests.shared_stack import bundle, stack

__all__ = ["bundle", "stack"]
