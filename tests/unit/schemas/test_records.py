"""Records hold what JSON can hold, and say in one line what is wrong with them."""

import json

import pytest
from pydantic import ValidationError

from schemas.errors import MOST_CHARS, first_problem, one_line
from schemas.message_rules import FORBIDDEN
from schemas.records import EmotionEvent, Label, ModelControl, ModelReport, PerChannel, Record

REPORT = {"worker": "0", "at_ms": 1_700_000_000_000, "role": None, "name": None, "version": None, "status": "loaded"}


@pytest.mark.parametrize("number", ["1e400", "-1e400", "NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize(
    ("record", "field", "rest"),
    [
        (ModelReport, "p50_ms", REPORT),
        (ModelReport, "share", REPORT),
        (EmotionEvent, "entropy", {}),
        (EmotionEvent, "confidence", {}),
        (ModelControl, "share", {}),
        (PerChannel, "hr", {}),
    ],
)
def test_no_record_has_a_number_that_json_cannot_hold(
    record: type[Record], field: str, rest: dict[str, object], number: str
) -> None:
    text = json.dumps(rest | {field: "?"}).replace('"?"', number)
    with pytest.raises(ValidationError) as fault:
        record.model_validate_json(text)
    assert field in {error["loc"][0] for error in fault.value.errors()}


@pytest.mark.parametrize("name", ["mo\nod", "\x1b[2Jmood", "mood\u2028", "\u202emood", "m" * 50_000, "\x9bmood", ""])
def test_the_first_problem_is_one_line_whatever_the_sender_called_it(name: str) -> None:
    good = {"user_id": "ann", "label": "calm", "start_ms": 10**12, "end_ms": 10**12 + 1, "source": "protocol"}
    with pytest.raises(ValidationError) as fault:
        Label.model_validate_json(json.dumps(good | {name: 1}))
    said = first_problem(fault.value)
    assert FORBIDDEN.search(said) is None
    assert len(said) <= MOST_CHARS


@pytest.mark.parametrize("text", ["a\udce9", "\ud83d", "a\r\nb", "\x00" * 1_000, "é😀\ufeff"])
def test_one_line_can_be_stored(text: str) -> None:
    shown = one_line(text, most_chars=100)
    assert FORBIDDEN.search(shown) is None
    assert 0 < len(shown.encode()) <= 400


def test_what_can_be_read_stays() -> None:
    assert one_line("23 µS, Zoë 😀") == "23 µS, Zoë 😀"
