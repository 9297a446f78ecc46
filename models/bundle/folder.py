"""The bundle on disk: `saved_model/`, `parts/` and `manifest.json`, read only when whole. No TensorFlow here."""

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from models.core.errors import BundleError
from models.core.manifest import FORMAT, Manifest
from schemas.errors import first_problem
from schemas.fingerprint import schema_hash
from schemas.whole import whole_folder

SAVED_MODEL: Final = "saved_model"
PARTS: Final = "parts"
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
    file = folder / MANIFEST
    try:
        if not folder.is_dir():
            raise BundleError(f"no model bundle at {folder}: the folder does not exist; train one or correct the path")
        text = file.read_bytes()
        _refuse_old(folder, text)
        manifest = Manifest.model_validate_json(text)
    except FileNotFoundError:
        raise BundleError(
            f"no model bundle at {folder}: {MANIFEST} is missing; train one or correct the path"
        ) from None
    except OSError as error:
        raise BundleError(f"no model bundle at {folder}: {error.strerror}; train one or correct the path") from error
    except ValidationError as error:
        raise BundleError(
            f"{file} cannot be read: {first_problem(error)}; restore the bundle or train it again"
        ) from error
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
    """The manifest of a bundle whose network is the one that was written. Its parts are not looked at."""
    manifest = read_manifest(folder)
    _same(folder, SAVED_MODEL, manifest.checksum)
    return manifest


def verified_parts(folder: Path) -> Manifest:
    """The manifest of a bundle whose parts are those that were written. Its network is not looked at."""
    manifest = read_manifest(folder)
    if not manifest.parts_checksum:
        raise BundleError(f"bundle {folder} has no {PARTS}/: it comes from an earlier version; train it again")
    _same(folder, PARTS, manifest.parts_checksum)
    return manifest


def _same(folder: Path, part: str, written: str) -> None:
    if checksum(folder / part) != written:
        raise BundleError(
            f"bundle {folder}: files under {part}/ differ from the checksum in {MANIFEST};"
            " copy the bundle again or train it again"
        )


def write(folder: Path, fill: Callable[[Path], Manifest]) -> Manifest:
    """Lets `fill` write its networks below a temporary folder, adds its manifest, and moves the whole into place.

    The place never holds half a bundle. A bundle already there is replaced; anything else there is left alone.
    """
    if folder.exists() and not (folder / MANIFEST).is_file():
        raise BundleError(f"{folder} exists and is no model bundle; choose another place, nothing was written")
    with whole_folder(folder) as fresh:
        manifest = fill(fresh)
        (fresh / MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return manifest
