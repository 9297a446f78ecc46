"""Opens one of a bundle's two SavedModels: verified, in a quiet TensorFlow, a failure as one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Self

from models.bundle.folder import PARTS, SAVED_MODEL, verified, verified_parts
from models.core.errors import BundleError
from models.core.manifest import Manifest
from models.core.runtime import import_tensorflow

CALLED: Final = {SAVED_MODEL: "network", PARTS: "parts"}


@dataclass(frozen=True)
class OpenedModel:
    """A SavedModel of a bundle, loaded."""

    folder: Path
    part: str
    manifest: Manifest
    tensorflow: ModuleType
    saved: Any

    @classmethod
    def load(cls, path: Path | str, part: str, threads: int) -> Self:
        """Verifies and loads `part` of a bundle, SAVED_MODEL or PARTS; the other stays unread.

        TensorFlow gets `threads` threads unless it already ran in this process. Raises BundleError.
        """
        folder = Path(path)
        manifest = verified(folder) if part == SAVED_MODEL else verified_parts(folder)
        tensorflow = import_tensorflow(threads)
        with usable(tensorflow, folder, part):
            return cls(folder, part, manifest, tensorflow, tensorflow.saved_model.load(str(folder / part)))

    @contextmanager
    def usable(self) -> Iterator[None]:
        """What fails in here fails as a BundleError that names the bundle."""
        with usable(self.tensorflow, self.folder, self.part):
            yield


@contextmanager
def usable(tensorflow: ModuleType, folder: Path, part: str) -> Iterator[None]:
    """Whatever TensorFlow says of a network that it cannot use, as a BundleError."""
    try:
        yield
    except (OSError, LookupError, ValueError, TypeError, tensorflow.errors.OpError) as error:
        fault = (str(error).splitlines() or [repr(error)])[0]
        raise BundleError(f"bundle {folder}: its {CALLED[part]} cannot be used ({fault}); train it again") from error
