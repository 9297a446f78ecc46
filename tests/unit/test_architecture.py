"""The tree keeps its shape: imports point one way, each engine stays in its folder, files and functions stay small."""

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("schemas", "models", "pipelines", "feature_repo")
MAY_IMPORT = {
    "schemas": set(),
    "models": {"schemas"},
    "feature_repo": {"schemas"},
    "pipelines": {"schemas", "models", "feature_repo"},
}
ENGINES = {
    "pyflink": ("pipelines/streaming/",),
    "py4j": ("pipelines/streaming/",),
    "apache_beam": ("pipelines/batch/", "models/preprocessing/transform"),
    "feast": ("feature_repo/",),
    "ai_edge_litert": ("models/edge/device",),
    "mlflow": ("models/registry/",),
    "numba": ("pipelines/signals/compiled",),
    "optuna": ("models/search/",),
    "shap": ("models/explanation/shapley",),
}
VAGUE = {"utils", "helpers", "manager", "common", "misc"}


def sources() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def function_lengths() -> list[tuple[int, str]]:
    found = []
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                length = body[-1].end_lineno - body[0].lineno + 1 if body else 0  # type: ignore[operator]
                found.append((length, f"{path.relative_to(ROOT)}:{node.name}"))
    return found


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    ours = {name.split(".")[0] for name in imported(path)} & set(PACKAGES)
    assert ours <= MAY_IMPORT[package] | {package}


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_each_engine_stays_in_its_folder(path: Path) -> None:
    place = path.relative_to(ROOT).as_posix()
    for name in imported(path):
        homes = ENGINES.get(name.split(".")[0])
        assert homes is None or place.startswith(homes), f"{place} imports {name}"


def test_no_module_is_named_vaguely() -> None:
    assert not [path for path in sources() if VAGUE & set(path.relative_to(ROOT).with_suffix("").parts)]


def test_files_are_small() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}
    assert statistics.median(lengths.values()) <= 120
    assert not {name: length for name, length in lengths.items() if length > 300}


def test_functions_are_small() -> None:
    lengths = function_lengths()
    assert statistics.median(length for length, _ in lengths) <= 8
    assert not [entry for entry in lengths if entry[0] > 50]
