from pathlib import Path

from pipelines.core.settings import Settings
from pipelines.core.settings_page import PAGE, page


def test_committed_page_is_what_the_settings_give() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m pipelines.core.settings_page`"


def test_every_setting_stands_on_it_with_a_meaning() -> None:
    rows = {line.split(" | ")[0]: line for line in page().splitlines() if line.startswith("| `")}
    assert list(rows) == [f"| `EQM_{name.upper()}`" for name in Settings.model_fields]
    assert all(line.split(" | ")[3].strip(" |") for line in rows.values())


def test_no_path_of_this_machine_stands_on_it() -> None:
    assert str(Path(__file__).parents[2]) not in page()
    assert "`build/jvm`" in page()
