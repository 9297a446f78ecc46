"""The tree keeps its shape: packages and rooms import one way, each engine stays in its room, rooms stay small.

A room is a folder with modules. `docs/architecture.md` says what each is for.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
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
    "numba": ("pipelines/signals/series/compiled",),
    "optuna": ("models/search/",),
    "shap": ("models/explanation/shapley",),
    "confluent_kafka": ("pipelines/core/", "pipelines/replay/", "pipelines/rollout/"),
}
CLIENTS = ("KafkaConsumer", "KafkaProducer", "KafkaAdminClient", "Consumer", "Producer", "AdminClient")
MOST_IN_A_ROOM = 15
LOWEST = {"models": "models/core", "pipelines": "pipelines/core"}
"""What everybody may import, and what imports no other room of its package."""

VAGUE = {"utils", "helpers", "manager", "common", "misc"}


def sources() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def place_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(path: Path) -> Iterator[str]:
    """Dotted names of modules, and of what is taken from them: that may be a module, too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(module: str) -> str | None:
    """The folder of a module or package of ours, as a path; None for whatever is neither."""
    place = ROOT / module.replace(".", "/")
    if place.with_suffix(".py").is_file():
        return place_of(place.parent)
    return place_of(place) if (place / "__init__.py").is_file() else None


def rooms() -> Mapping[str, set[str]]:
    """Each room and those that it imports. A room's own subfolders are rooms, too."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sources():
        mine = place_of(path.parent)
        others = {room for name in imported(path) if name.split(".")[0] in PACKAGES and (room := room_of(name))}
        # `from pipelines.x import y` names the package above as well; that is no import of what stands in it.
        found[mine] |= {room for room in others if room not in PACKAGES or mine in PACKAGES} - {mine}
    return found


def tangled(graph: Mapping[str, set[str]]) -> list[str]:
    """One cycle, if there is any."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as fault:
        return list(fault.args[1])
    return []


@pytest.mark.parametrize("path", sources(), ids=place_of)
def test_packages_import_one_way(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    ours = {name.split(".")[0] for name in imported(path)} & set(PACKAGES)
    assert ours <= MAY_IMPORT[package] | {package}


def test_rooms_are_layers_without_a_cycle() -> None:
    """So no two rooms import each other, at once or in a round."""
    assert tangled(rooms()) == []


def test_a_cycle_of_rooms_would_be_seen() -> None:
    assert set(tangled({"a": {"b"}, "b": {"c"}, "c": {"a"}})) == {"a", "b", "c"}


@pytest.mark.parametrize("package", LOWEST)
def test_the_core_imports_no_other_room(package: str) -> None:
    assert not {room for room in rooms()[LOWEST[package]] if room.startswith(f"{package}/")}


def test_modules_import_each_other_in_no_round() -> None:
    names = {place_of(path).removesuffix(".py").replace("/", "."): path for path in sources()}
    assert tangled({name: {other for other in imported(path) if other in names} for name, path in names.items()}) == []


@pytest.mark.parametrize("path", sources(), ids=place_of)
def test_each_engine_stays_in_its_room(path: Path) -> None:
    place = place_of(path)
    for name in imported(path):
        homes = ENGINES.get(name.split(".")[0])
        assert homes is None or place.startswith(homes), f"{place} imports {name}"


def test_clients_of_kafka_are_made_in_one_place() -> None:
    makers = {
        place_of(path)
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CLIENTS
    }
    assert makers == {"pipelines/core/kafka_clients.py"}


def test_rooms_stay_small() -> None:
    counts = {room: len(list((ROOT / room).glob("*.py"))) for room in rooms()}
    assert not {room: count for room, count in counts.items() if count > MOST_IN_A_ROOM and room != "feature_repo"}


@pytest.mark.parametrize("package", ["models", "pipelines"])
def test_nothing_lies_outside_the_rooms(package: str) -> None:
    assert [path.name for path in (ROOT / package).glob("*.py")] == ["__init__.py"]


def test_no_module_is_named_vaguely() -> None:
    assert not [path for path in sources() if VAGUE & set(path.relative_to(ROOT).with_suffix("").parts)]


def test_no_class_name_stands_twice() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in sources():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(place_of(path))
    assert not {name: found for name, found in places.items() if len(found) > 1}
