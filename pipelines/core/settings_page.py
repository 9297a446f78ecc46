"""The page docs/settings.md, made from the settings: `python -m pipelines.core.settings_page` writes it."""

from pathlib import Path
from typing import Any, Final

from pydantic.fields import FieldInfo

from pipelines.core.settings import PREFIX, Settings

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "settings.md"

HEAD: Final = """# Settings

This page is generated from the model in `pipelines/core/settings.py`. Do not edit it; after a change of the model run
`.venv/stream/bin/python -m pipelines.core.settings_page`. A unit test fails while the two differ.

A setting is read from four places. The first that has it wins:

1. the command's flag, where a command has one of that name: `eqm --home`, `eqm submit --parallelism`,
   `eqm submit --delivery`, `eqm demo --recordings`;
2. the environment variable of the table below;
3. the file `eqm.toml` in the working folder, under the name without `EQM_` and in small letters: `kafka_port = 19092`;
4. the default.

EQM refuses a name that is no setting, and a value that is not allowed. The message names the place it read. A folder
that is not absolute is taken from the working folder; `build/jvm` alone is taken from the source tree.

Settings of the servers (ports, memory, `host`, `java_options`, retention, slots, state backend) are fixed while the
stack runs. `eqm up` says which one differs; run `eqm down` first.

| setting | default | allowed | meaning |
|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(_row(name, field) for name, field in Settings.model_fields.items())


def _row(name: str, field: FieldInfo) -> str:
    meaning = " ".join((field.description or "").split())
    return f"| `{PREFIX}{name.upper()}` | {_default(field.default)} | {_allowed(name)} | {meaning} |\n"


def _default(value: object) -> str:
    """A folder of the source tree is shown relative to it: the page must not depend on where it was made."""
    if value is None or value == "":
        return "not set"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, Path):
        return f"`{(value.relative_to(ROOT) if value.is_relative_to(ROOT) else value).as_posix()}`"
    return f"`{value}`"


def _allowed(name: str) -> str:
    schema: dict[str, Any] = Settings.model_json_schema()["properties"][name]
    kind = next((each for each in schema.get("anyOf", ()) if each["type"] != "null"), schema)
    if "enum" in kind:
        return ", ".join(f"`{choice}`" for choice in kind["enum"])
    if kind["type"] == "boolean":
        return "`true`, `false`"
    if kind["type"] == "integer":
        low, high = kind["minimum"], kind.get("maximum")
        return f"{low} or more" if high is None else f"{low} to {high}"
    if kind.get("format") == "path":
        return "a folder"
    return "an address" if "pattern" in kind else "text"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
