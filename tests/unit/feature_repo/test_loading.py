import sys

import pytest
import typeguard

from feature_repo.loading import without_compiled_checks

CHECKED = typeguard.typechecked


def doubled(number: int) -> int:
    return 2 * number


def test_decorated_while_feast_loads_a_function_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "feast", raising=False)
    with without_compiled_checks():
        assert typeguard.typechecked(doubled) is doubled
        assert typeguard.typechecked(collection_check_strategy=None)(doubled) is doubled
    assert typeguard.typechecked is CHECKED


def test_the_decorator_is_back_where_the_import_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "feast", raising=False)
    with pytest.raises(ImportError), without_compiled_checks():
        raise ImportError
    assert typeguard.typechecked is CHECKED


def test_nothing_changes_where_feast_is_there_already(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "feast", sys)
    with without_compiled_checks():
        assert typeguard.typechecked is CHECKED
