"""All pieces of the tiny bundle as files, converted once."""

from pathlib import Path

import pytest

from models.bundle.parts import Parts
from models.edge.files import Exported, export
from models.ensemble.ensemble import raw_inputs
from tests.unit.models.people import made_up


@pytest.fixture(scope="package")
def parts(bundle: Path) -> Parts:
    return Parts.load(bundle)


@pytest.fixture(scope="package")
def exported(parts: Parts) -> Exported:
    return export(parts, raw_inputs(made_up()), lambda: None)
