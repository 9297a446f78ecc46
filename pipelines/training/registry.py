"""Which bundle is in use: registering what was trained, promoting it, and going back."""

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.bundle import folder as bundle
from models.bundle.predictor import Predictor
from models.core.data_card import CARD
from models.core.dataset import Dataset
from models.core.errors import BundleError, RegistryError
from models.core.manifest import Manifest
from models.registry.mlflow_client import NothingRegisteredError
from models.registry.promotion import ChampionComparison, compare, require_alike, require_fit, unknown_to
from models.registry.registry import Registry
from models.registry.version import Version
from pipelines.core.settings import Settings
from schemas.errors import EqmError
from schemas.fingerprint import schema_hash

FIRST: Final = "the model has no champion yet: nothing to compare it with"
ALREADY: Final = "it is the champion already"
OTHER_SCHEMA: Final = "the champion was made for another schema: nothing to compare it with"
MENDED: Final = "it is the champion already, but was not in use; nobody was put back"
BACK: Final = "it was champion before"


@dataclass(frozen=True)
class Change:
    """What has become of a version, and on what grounds."""

    version: Version
    replaced: Version | None
    why: str
    comparison: ChampionComparison | None = None


def opened(settings: Settings, *, make: bool = False) -> Registry:
    """The registry that the settings name; raises RegistryError where there is none and none is to be made."""
    return Registry.open(settings.home / "mlflow", settings.mlflow, make=make)


def card_hash(training_set: Path | None, manifest: Manifest) -> str:
    """Sixteen hex digits over the training set's card; the data's own where there is no card."""
    if training_set is None:
        return manifest.data_hash
    return hashlib.sha256((training_set / CARD).read_bytes()).hexdigest()[:16]


def people_of_champion(settings: Settings, name: str) -> tuple[str, ...]:
    """The people whom the model's champion was judged on: whoever else is held out cannot compare with it for sure."""
    try:
        registry = opened(settings)
    except NothingRegisteredError:
        return ()
    champion = registry.champion(name)
    if champion is None:
        return ()
    with tempfile.TemporaryDirectory() as temporary:
        return registry.held_out(champion, Path(temporary)).people


def register(settings: Settings, folder: Path, config: object, dataset: Dataset, *, card: str) -> tuple[Version, bool]:
    """The bundle becomes the model's challenger, or its champion if it has none; and whether it is in use now.

    `dataset` is all that it was trained and judged on, `card` the hash of its data card. A first champion is put into
    use unless a bundle of another name is.
    """
    with _alone(settings):
        version = opened(settings, make=True).record(folder, config, dataset, card_hash=card)
        taken = version.is_champion and _is_free(settings.current_bundle, version.name)
        if taken:
            _put(folder, settings.current_bundle)
        return version, taken


def named(registry: Registry, name: str | None) -> str:
    """The name, or that of the only model there is; raises RegistryError where none, or more than one, may be meant."""
    known = [name] if name else [each for each in registry.names() if registry.versions(each)]
    if not known:
        raise RegistryError(f"no model is registered in {registry.place}: `eqm train` registers what it trains")
    if len(known) > 1:
        raise RegistryError(f"{registry.place} has the models {', '.join(known)}: choose one with --name")
    return known[0]


def promote(settings: Settings, name: str | None, which: str) -> Change:
    """The version becomes champion, and its bundle the current one; raises RegistryError where it must not.

    The champion changes in one step, and only then the current bundle, as a whole. Where only the first has happened,
    the same again does the rest; until then the bundle in use is the old one.
    """
    registry = opened(settings)
    name = named(registry, name)
    registry.find(name, which)
    with _alone(settings), tempfile.TemporaryDirectory() as temporary:
        version, champion = registry.find(name, which), registry.champion(name)
        ours = _fetched(registry, version, Path(temporary) / "ours")
        change = _judged(registry, ours, champion, Path(temporary) / "its")
        registry.crown(version)
        _put(ours.folder, settings.current_bundle)
        return change


def rollback(settings: Settings, name: str | None) -> Change:
    """Back to whom the champion replaced; where the current bundle is not the champion's, that is mended instead."""
    registry = opened(settings)
    name = named(registry, name)
    _champion(registry, name)
    with _alone(settings), tempfile.TemporaryDirectory() as temporary:
        champion = _champion(registry, name)
        change = _back(registry, champion, settings.current_bundle)
        fetched = _fetched(registry, change.version, Path(temporary))
        registry.restore(change.version)
        _put(fetched.folder, settings.current_bundle)
        return change


def _champion(registry: Registry, name: str) -> Version:
    champion = registry.champion(name)
    if champion is None:
        raise RegistryError(f"model {name} has no champion in {registry.place}: see `eqm models list`")
    return champion


def bundle_of(settings: Settings, name: str | None, which: str, into: Path) -> Path:
    """The bundle of a version or alias, verified: where the registry has it, or fetched into a folder."""
    registry = opened(settings)
    return _fetched(registry, registry.find(named(registry, name), which), into).folder


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """One change at a time; whoever comes second waits."""
    file = settings.home / "models" / ".lock"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True)
class _Fetched:
    """A version and its bundle: whole, made for the schemas in use, and the one that was registered."""

    version: Version
    folder: Path


def _fetched(registry: Registry, version: Version, into: Path) -> _Fetched:
    folder = registry.bundle(version, into)
    try:
        manifest = bundle.verified(folder)
        if manifest.parts_checksum:
            bundle.verified_parts(folder)
    except BundleError as fault:
        raise RegistryError(f"{version.title} cannot be used: {fault}") from fault
    require_fit(version, manifest)
    return _Fetched(version, folder)


def _judged(registry: Registry, ours: _Fetched, champion: Version | None, into: Path) -> Change:
    """On what grounds the version may be champion; raises RegistryError where it may not."""
    version = ours.version
    if champion is None:
        return Change(version, None, FIRST)
    if champion == version:
        return Change(version, None, ALREADY)
    if champion.schema_hash != schema_hash():
        return Change(version, champion, OTHER_SCHEMA)
    require_alike(version, champion)
    comparison = _compared(registry, ours, champion, into)
    if comparison.is_worse:
        raise RegistryError(
            f"{version.title} is worse than the champion, version {champion.number}: {comparison.line};"
            " train a better one, the champion stays"
        )
    return Change(version, champion, comparison.line, comparison)


def _compared(registry: Registry, ours: _Fetched, champion: Version, into: Path) -> ChampionComparison:
    try:
        theirs = Predictor.load(_fetched(registry, champion, into).folder)
    except EqmError as fault:
        raise RegistryError(
            f"there is no comparing with the champion: {fault}; mend that, go back with `eqm models rollback`,"
            " or train under another --name"
        ) from fault
    mine = Predictor.load(ours.folder)
    rows = unknown_to(registry.held_out(ours.version, into), mine.manifest, theirs.manifest)
    return compare(mine, theirs, rows)


def _back(registry: Registry, champion: Version, current: Path) -> Change:
    if not _holds(current, champion):
        return Change(champion, None, MENDED)
    if champion.replaces is None:
        raise RegistryError(f"{champion.title} has replaced no champion: there is nothing to go back to")
    return Change(registry.find(champion.name, str(champion.replaces)), champion, BACK)


def _put(source: Path, current: Path) -> None:
    """A copy of the bundle in the place of the current one, as a whole or not at all."""
    if source.absolute() == current.absolute():
        return

    def fill(fresh: Path) -> Manifest:
        shutil.copytree(source, fresh, dirs_exist_ok=True)
        return bundle.verified(fresh)

    bundle.write(current, fill)


def _is_free(current: Path, name: str) -> bool:
    try:
        return bundle.read_manifest(current).name == name
    except BundleError:
        return True


def _holds(current: Path, version: Version) -> bool:
    try:
        return bundle.verified(current).version == version.bundle
    except BundleError:
        return False
