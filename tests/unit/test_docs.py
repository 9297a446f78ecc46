"""The pages keep their promises: what they link to, and what files they name, is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#]*)(?:#([^)]+))?\)")
FOLDERS = "deploy|docs|feature_repo|models|pipelines|schemas|tests"
PAGE = re.compile(r"\bdocs/[\w/-]+\.md\b")
NAMED = re.compile(rf"`((?:{FOLDERS})/[\w./-]+)`")


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings, and those that a page sets itself."""
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    made = {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}
    return made | set(re.findall(r'<a id="([^"]+)">', text))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_whatever_a_page_points_at_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    missing = [place for place in NAMED.findall(text) if not (ROOT / place).exists()]
    for place, anchor in LINK.findall(text):
        if place.startswith(("http://", "https://")):
            continue
        target = (page.parent / place).resolve() if place else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            missing.append(f"{place}#{anchor}" if anchor else place)
    assert not missing


def test_code_names_pages_that_are_there() -> None:
    """Comments link the decision that they come from."""
    sources = [
        path for folder in FOLDERS.split("|") for end in ("py", "java") for path in (ROOT / folder).rglob(f"*.{end}")
    ]
    named = {(path, page) for path in sources for page in PAGE.findall(path.read_text(encoding="utf-8"))}
    assert len(named) > 20
    assert not {(path.name, page) for path, page in named if not (ROOT / page).is_file()}
