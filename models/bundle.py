"""The bundle on disk: `saved_model/` and `manifest.json`, read only when whole. No TensorFlow here."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from models.errors import BundleError
from models.manifest import FORMAT, Manifest
from schemas.fingerprint import schema_hash

SAVED_MODEL: Final = "saved_model"
MANIFEST: Final = "manifest.json"


def checksum(folder: Path) -> str:
    """SHA-256 over relative names and contents of all files below a folder."""
    digest = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{file.relative_to(folder).as_posix()}\0{file.stat().st_size}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """The manifest, if it is readable and made for the schemas in use. The network itself is not looked at."""
    if not folder.is_dir():
        raise BundleError(f"no model bundle at {folder}: the folder does not exist; train one or correct the path")
    file = folder / MANIFEST
    try:
        text = file.read_bytes()
        _refuse_old(folder, text)
        manifest = Manifest.model_validate_json(text)
    except FileNotFoundError:
        raise BundleError(
            f"no model bundle at {folder}: {MANIFEST} is missing; train one or correct the path"
        ) from None
    except ValidationError as error:
        raise BundleError(f"{file} cannot be read: {_first(error)}; restore the bundle or train it again") from error
    if manifest.schema_hash != schema_hash():
        raise BundleError(
            f"bundle {folder} was made for schema {manifest.schema_hash}, this version has {schema_hash()};"
            " train it again, or use the version that it was trained with"
        )
    return manifest


def _refuse_old(folder: Path, text: bytes) -> None:
    """Whatever else is wrong with a manifest is for its validation to say."""
    with suppress(ValueError):
        found = json.loads(text)
        written = found.get("format", 1) if isinstance(found, dict) and "schema_hash" in found else FORMAT
        if written != FORMAT:
            raise BundleError(
                f"bundle {folder} is of format {written}, this version reads {FORMAT}: its network does not know"
                " of personal baselines; train it again"
            )


def verified(folder: Path) -> Manifest:
    """The manifest of a bundle whose files are those that were written."""
    manifest = read_manifest(folder)
    if checksum(folder / SAVED_MODEL) != manifest.checksum:
        raise BundleError(
            f"bundle {folder}: files under {SAVED_MODEL}/ differ from the checksum in {MANIFEST};"
            " copy the bundle again or train it again"
        )
    return manifest


def write(folder: Path, fill: Callable[[Path], Manifest]) -> Manifest:
    """Lets `fill` write `saved_model/` below a temporary folder, adds its manifest, and moves the whole into place.

    The place never holds half a bundle. A bundle already there is replaced; anything else there is left alone.
    """
    if folder.exists() and not (folder / MANIFEST).is_file():
        raise BundleError(f"{folder} exists and is no model bundle; choose another place, nothing was written")
    with _beside(folder) as temporary:
        fresh = temporary / "bundle"
        fresh.mkdir()
        manifest = fill(fresh)
        (fresh / MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
        if folder.exists():
            folder.rename(temporary / "replaced")
        fresh.rename(folder)
    return manifest


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """A temporary folder on the same file system, so that moving is renaming."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary)


def _first(error: ValidationError) -> str:
    fault = error.errors()[0]
    where = ".".join(str(part) for part in fault["loc"])
    return f"{where}: {fault['msg']}" if where else str(fault["msg"])
