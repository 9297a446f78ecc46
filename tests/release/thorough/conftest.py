"""The tiny ensemble of the unit tests, trained once for this session, too."""

from tests.unit.conftest import bundle, predictor, told, trained

__all__ = ["bundle", "predictor", "told", "trained"]
