"""The harness: what it finds, keeps, makes smaller and says; and that mutations are drawn from the seed alone."""

import json
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import pytest

from pipelines.core.errors import InputError
from tests.fuzz import cases, rounds
from tests.fuzz.byte_mutations import spoilt
from tests.fuzz.cases import read, shrunk, written
from tests.fuzz.rounds import BrokenError, Limits, Target, faults, refusal_of, run
from tests.fuzz.text_mutations import edited_csv, edited_json, reshaped_json

SEED = 7


def made(rng: Random) -> bytes:
    return rng.randbytes(6)


def odd(case: bytes) -> None:
    """Breaks where a byte is odd and below 32."""
    if any(byte % 2 and byte < 32 for byte in case):
        raise BrokenError("an odd byte", case)


def found_by(tried: Callable[[bytes], object], tmp_path: Path, **parts: object) -> rounds.Findings:
    return run(Target("odd", made, tried, **parts), SEED, Limits(rounds=200), tmp_path, say=lambda line: None)  # type: ignore[arg-type]


def test_what_breaks_is_counted_and_kept_as_small_as_it_can_be(tmp_path: Path) -> None:
    said: list[str] = []
    found = run(Target("odd", made, odd), SEED, Limits(rounds=200), tmp_path, said.append)
    expected = [number for number in range(200) if _breaks(made(Random(SEED * rounds.ROUNDS_OF_A_SEED + number)))]
    assert (found.rounds, found.kinds) == (200, {"an odd byte": len(expected)})
    assert said == found.lines
    assert said[0].startswith(f"odd: seed {SEED}, round {expected[0]}: an odd byte: ")
    kept = [read(file.read_text()) for file in (tmp_path / "odd").iterdir()]
    assert 1 <= len(kept) <= rounds.MOST_OF_A_KIND
    assert all(len(case) == 1 and _breaks(case) for case in kept)


def _breaks(case: bytes) -> bool:
    return any(byte % 2 and byte < 32 for byte in case)


def test_the_kind_of_an_unexpected_exception_is_where_it_was_raised(tmp_path: Path) -> None:
    found = found_by(lambda case: {}[case], tmp_path)  # type: ignore[index]
    (kind,) = found.kinds
    assert kind.startswith("KeyError at tests/unit/fuzz/test_rounds.py:")


def test_a_warning_is_a_fault(tmp_path: Path) -> None:
    assert len(found_by(lambda case: warnings.warn("hm", stacklevel=1), tmp_path).kinds) == 1


def test_what_takes_too_long_is_a_fault_even_where_it_catches_exceptions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "MOST_CPU_S", 0.05)

    def endless(case: bytes) -> None:
        try:
            while True:
                pass
        except Exception:
            return

    (fault,) = faults(Target("slow", made, endless), [b""])
    assert fault is not None
    assert fault.kind.startswith("TooSlowError at ")


def test_what_is_slow_only_once_has_compiled_something(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "MOST_CPU_S", 0.05)
    calls: list[bytes] = []

    def first_slow(case: bytes) -> None:
        calls.append(case)
        while len(calls) == 1:
            pass

    assert faults(Target("slow", made, first_slow), [b""]) == [None]


def test_answers_are_compared_many_at_a_time(tmp_path: Path) -> None:
    lots: list[int] = []

    def compared(given: Sequence[bytes], answers: Sequence[object]) -> list[BrokenError | None]:
        lots.append(len(given))
        return [BrokenError("odd") if answer else None for answer in answers]

    found = found_by(_breaks, tmp_path, compared=compared, at_once=64)
    assert lots[0] == 64
    assert found.kinds["odd"] == sum(
        _breaks(made(Random(SEED * rounds.ROUNDS_OF_A_SEED + number))) for number in range(200)
    )


@pytest.mark.parametrize(
    ("said", "kind"),
    [("", "says nothing"), (" ", "says nothing"), ("x" * 2_001, "whole page"), ("no such file", "does not name")],
)
def test_a_refusal_must_say_what_is_at_fault(said: str, kind: str) -> None:
    def refuse() -> None:
        raise InputError(said)

    with pytest.raises(BrokenError, match=kind):
        refusal_of(refuse, naming="labels.csv")


def test_a_refusal_may_quote_what_is_escaped_when_it_is_printed() -> None:
    def refuse() -> None:
        raise InputError("labels.csv, line 2: '\x1b[2J\n\u2028'")

    assert refusal_of(refuse, naming="labels.csv") is None
    assert refusal_of(lambda: 7) == 7


def test_a_kept_case_says_what_it_broke(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cases, "KEPT", tmp_path)
    (tmp_path / "odd.txt").write_text("# It was\n# odd.\nb'1'\n\nb'2'\n")
    with pytest.raises(ValueError, match=r"odd\.txt, line 5: say in a comment"):
        cases.kept("odd")
    (tmp_path / "odd.txt").write_text("# It was\n# odd.\nb'1'\n")
    assert cases.kept("odd") == [("It was odd.", b"1")]


@pytest.mark.parametrize("case", [b"\x00\xff\n", ("é\udce9", None, -7), {"a/b.csv": b"1", "": b""}, [("k", [b""])]])
def test_a_case_is_a_line_that_can_be_read(case: object) -> None:
    assert read(written(case)) == case
    assert written(case).isascii()
    assert len(written(case).splitlines()) == 1


def test_a_case_shrinks_at_any_depth() -> None:
    case = ("features", [b"aaaaaaaa", b"bbbbxbbb"], {"c": b"cccc", "d": b"dd"})
    assert shrunk(case, lambda given: any(b"x" in each for each in given[1])) == ("features", [b"x"], {})


MESSAGE = b'{"timestamp":1644227574000,"user_id":"a","measurements":{"hr":72,"gsr":[0.5,null]}}'
TABLE = b"user_id,label,start_ms,end_ms\nann,calm,1,2\n"
MUTATIONS: dict[Callable[[bytes, Random], bytes], bytes] = {
    spoilt: MESSAGE,
    edited_json: MESSAGE,
    reshaped_json: MESSAGE,
    edited_csv: TABLE,
}


@pytest.mark.parametrize("mutated", MUTATIONS, ids=lambda each: each.__name__)
def test_mutations_follow_from_the_seed_and_change_something(mutated: Callable[[bytes, Random], bytes]) -> None:
    text = MUTATIONS[mutated]
    found = [mutated(text, Random(seed)) for seed in range(500)]
    assert found == [mutated(text, Random(seed)) for seed in range(500)]
    assert len(set(found)) > 200
    assert found.count(text) < 50
    assert mutated(b"", Random(1)) is not None


def test_mutated_json_is_often_json_still() -> None:
    def is_json(text: bytes) -> bool:
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            return False
        return True

    share = [sum(is_json(each(MESSAGE, Random(seed))) for seed in range(500)) / 500 for each in (edited_json, spoilt)]
    assert share[0] > 0.35 > share[1] > 0.1
    assert all(is_json(reshaped_json(MESSAGE, Random(seed))) for seed in range(500))
