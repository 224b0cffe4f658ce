from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rpcgen import gob
from rpcgen.testing.recording.spell import spell, spell_answer, spell_request
from rpcgen.testing.recording.traffic import Body, Call
from rpcgen.values.record import Undecoded
from tests.support.services import Place


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (7, "7"),
        (1.5, "1.5"),
        ("text", '"text"'),
        (b"\0\xff", "x'00ff'"),
        (b"x" * 100, f"x'{'78' * 50}'... (100 bytes)"),
        ([1, [2]], "[1, [2]]"),
        (list(range(60)), f"[{', '.join(map(str, range(50)))}, ... (10 more)]"),
        ({"a": 1}, '{"a": 1}'),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
        (Undecoded("Price", b"\1"), "Price x'01'"),
        ("\x1b[31mred", '"\\x1b[31mred"'),
    ],
)
def test_value_is_spelled(value: object, text: str) -> None:
    assert spell(value) == text


def test_struct_is_spelled_with_its_fields() -> None:
    assert spell(gob.loads(gob.dumps(Place(1, 2)))) == "{X: 1, Y: 2}"


def test_long_value_is_cut() -> None:
    assert spell("x" * 1000) == f'"{"x" * 299}... (1002 characters)'


def test_deep_value_is_cut() -> None:
    value: object = 1
    for _ in range(1000):
        value = [value]
    assert "..." in spell(value)


def test_number_that_python_refuses_to_write_is_spelled() -> None:
    assert spell(1 << 20_000).startswith("0x1000")


def test_call_is_spelled() -> None:
    call = Call(1, "gob", "A.B\n", Body(7), 0.0)
    assert (spell_request(call), spell_answer(call)) == ("A.B\\n 7", "no answer")


def test_answers_are_spelled() -> None:
    good = Call(1, "gob", "A.B", Body(7), 0.0, reply=Body("x"), ended=1.0)
    bad = Call(1, "gob", "A.B", Body(7), 0.0, error="no\x07", ended=1.0)
    assert (spell_answer(good), spell_answer(bad)) == ('"x"', "error: no\\x07")
