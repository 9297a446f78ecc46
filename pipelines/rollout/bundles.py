"""Bundles that announcements name: one immutable folder for each, where all workers see it."""

import shutil
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

from models.bundle import folder as bundle
from models.bundle.predictor import Predictor
from models.core.errors import BundleError
from models.core.manifest import Manifest
from pipelines.core.settings import Settings
from schemas.records import ModelControl
from schemas.roles import Role
from schemas.whole import whole_folder


def placed(settings: Settings, source: Path) -> tuple[Path, Manifest]:
    """The bundle's place below `HOME/models/live`, into which it is copied as a whole if it is not there yet.

    Raises BundleError where it is not whole, or where another bundle of the same name and version stands.
    """
    manifest = bundle.verified(source)
    folder = settings.live_bundles / f"{manifest.name}-{manifest.version}"
    if not folder.exists():
        with whole_folder(folder) as fresh:
            shutil.copytree(source, fresh, dirs_exist_ok=True)
            bundle.verified(fresh)
    elif bundle.verified(folder).checksum != manifest.checksum:
        raise BundleError(f"{folder} holds another network of the same version: train it again, or remove that folder")
    return folder, manifest


def control_for(role: Role, folder: Path, manifest: Manifest, share: float | None) -> ModelControl:
    """The message that gives the bundle a role."""
    name, version, checksum = manifest.name, manifest.version, manifest.checksum
    return ModelControl(role=role, name=name, version=version, uri=folder.as_uri(), checksum=checksum, share=share)


def announced_folder(control: ModelControl) -> Path:
    """The announced bundle's folder; raises BundleError where it does not hold the one announced."""
    folder = Path(url2pathname(urlparse(control.uri).path))
    manifest = bundle.read_manifest(folder)
    for what in ("name", "version", "checksum"):
        if getattr(manifest, what) != getattr(control, what):
            raise BundleError(
                f"bundle {folder}: its {what} is {getattr(manifest, what)}, {getattr(control, what)} was announced;"
                " announce it again"
            )
    return folder


def loaded(control: ModelControl, threads: int) -> Predictor:
    """The announced bundle, checked, loaded and warmed; raises BundleError where it must not be applied."""
    return Predictor.load(announced_folder(control), threads)
