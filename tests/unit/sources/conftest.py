"""A small E4 folder to damage."""

from pathlib import Path

import pytest


@pytest.fixture
def e4_folder(tmp_path: Path) -> Path:
    """Two seconds of an export in the unix-seconds form."""
    folder = tmp_path / "A01"
    folder.mkdir()
    start = "1644227574.000000"
    rows = "\n".join("2,10,63" for _ in range(64))
    (folder / "ACC.csv").write_text(f"{start}, {start}, {start}\n32.000000, 32.000000, 32.000000\n{rows}\n")
    (folder / "EDA.csv").write_text(f"{start}\n4.000000\n0.000000\n0.622764\n0.7\n0.8\n")
    (folder / "HR.csv").write_text("1644227584.000000\n1.000000\n118.00\n113.50\n")
    (folder / "IBI.csv").write_text(f"{start}, IBI\n0.687500,0.687500\n1.625000,0.937500\n")
    (folder / "TEMP.csv").write_text(f"{start}\n4.000000\n34.79\n234.95\n")
    (folder / "tags.csv").write_text("1644228196\n")
    return folder
