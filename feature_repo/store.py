"""Open the feature store of a data folder, and apply the definitions to it.

Feast takes seconds to import, so it is imported where it is used: `is_applied` answers without it.
"""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from feature_repo.columns import VIEW_DESCRIPTIONS, VIEWS
from feature_repo.errors import FeatureStoreError
from feature_repo.folders import ONLINE, REGISTRY, STAMP, offline_folder
from feature_repo.loading import without_compiled_checks
from feature_repo.profiles import LOCAL, configuration
from schemas.whole import write_whole

if TYPE_CHECKING:
    from feast import FeatureStore as FeatureStore

Folder = Path | str


def open_store(profile: str, data_folder: Folder, redis_url: str | None = None) -> "FeatureStore":
    """The applied store of a data folder; raises `FeatureStoreError` where nothing (current) is applied."""
    _require_applied(profile, data_folder, redis_url)
    return _store(profile, data_folder, redis_url)


def open_online(profile: str, data_folder: Folder, redis_url: str | None = None) -> "FeatureStore":
    """The same for online rows alone: it opens sooner, and has no history."""
    _require_applied(profile, data_folder, redis_url)
    return _store(profile, data_folder, redis_url, offline_store={"type": "feature_repo.no_offline.NoOfflineStore"})


def apply(profile: str, data_folder: Folder, redis_url: str | None = None) -> bool:
    """Bring registry and online store up to the definitions. Returns False, at once, if they are already.

    A repeated or interrupted call does no harm: the stamp that says "applied" is written last.
    """
    if is_applied(profile, data_folder, redis_url):
        return False
    with without_compiled_checks():
        from feature_repo.definitions import definitions

    for view in VIEWS:
        offline_folder(Path(data_folder), view).mkdir(parents=True, exist_ok=True)
    store = _store(profile, data_folder, redis_url)
    store.apply(definitions())
    write_whole(Path(data_folder, STAMP), _stamp(profile, redis_url))
    return True


def is_applied(profile: str, data_folder: Folder, redis_url: str | None = None) -> bool:
    """Whether the current definitions are applied to this folder, profile and Redis address."""
    files = [REGISTRY, *([ONLINE] if profile == LOCAL else [])]
    stamp = Path(data_folder, STAMP)
    if not stamp.is_file() or not all(Path(data_folder, name).is_file() for name in files):
        return False
    return stamp.read_text(encoding="utf-8") == _stamp(profile, redis_url)


def _require_applied(profile: str, data_folder: Folder, redis_url: str | None) -> None:
    if not is_applied(profile, data_folder, redis_url):
        raise FeatureStoreError(f"Feast is not applied in {data_folder} (profile {profile!r}): run `eqm up`")


def _store(profile: str, data_folder: Folder, redis_url: str | None, **changed: object) -> "FeatureStore":
    wanted = configuration(profile, Path(data_folder).absolute(), redis_url) | changed
    with without_compiled_checks():
        from feast import FeatureStore, RepoConfig

    return FeatureStore(repo_path=str(wanted["repo_path"]), config=RepoConfig(**wanted))


def _stamp(profile: str, redis_url: str | None) -> str:
    """All that an apply depends on, hashed: the address may hold a password."""
    online = configuration(profile, Path(), redis_url)["online_store"]
    declared = json.dumps([online, VIEW_DESCRIPTIONS, version("feast"), repr(VIEWS)])
    return json.dumps({"profile": profile, "definitions": hashlib.sha256(declared.encode()).hexdigest()[:16]}) + "\n"
