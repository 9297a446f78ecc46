"""The table of topics, and that the guide for programs downstream has it."""

from pathlib import Path

import pytest

from schemas.records import FeatureWindow
from schemas.topics import TOPICS, Form, Topic

GUIDE = Path(__file__).parents[3] / "docs/guides/consume.md"


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_the_guide_says_what_is_on_a_topic_in_which_form(topic: Topic) -> None:
    (row,) = (line for line in GUIDE.read_text(encoding="utf-8").splitlines() if line.startswith(f"| `{topic.name}` "))
    file = topic.schema_file
    assert file.is_file()
    assert [cell.strip() for cell in row.split("|")][2:4] == [
        topic.form,
        f"[{file.name}](../../schemas/{file.parent.name}/{file.name})",
    ]


def test_only_feature_windows_are_no_json() -> None:
    assert [topic.record for topic in TOPICS if topic.form != Form.JSON] == [FeatureWindow]


def test_names_are_unique() -> None:
    assert len({topic.name for topic in TOPICS}) == len(TOPICS)
