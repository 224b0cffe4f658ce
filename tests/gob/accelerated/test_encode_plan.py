"""Encoding with the accelerator: the bytes are those of Python, and so is what it gives up."""

from __future__ import annotations

import gc
import sys
from typing import Any

import pytest
from attrs import define

from rpcgen._interrupts import reraise_interrupt
from rpcgen.errors import EncodeError
from rpcgen.gob import encoder
from rpcgen.schema import schema_of
from rpcgen.schema.plan import Op
from tests.gob.accelerated_examples import Chain, Plain, samples

pytest.importorskip("rpcgen._accelerator", reason="the accelerator is not compiled")

from rpcgen.gob.accelerated.encode_plan import encoding_of
from rpcgen.gob.accelerated.encoder import Encoder, dumps
from rpcgen.gob.accelerated.native import EncodeFunction


def _refused(value: Any, out: list[bytes], stream: Any) -> None:
    raise AssertionError("the accelerator has given up")


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nothing behind the accelerator."""
    monkeypatch.setattr("rpcgen.gob.accelerated.encode_plan._known", {})
    monkeypatch.setattr(
        "rpcgen.gob.accelerated.encode_plan._in_python",
        lambda schema, strings: pytest.fail("the accelerator does not know the schema"),
    )


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (Plain, Plain("name", -5, 0.5, True)),
        (list[Plain], [Plain(), Plain("x")]),
        (dict[str, int], {"a": 1}),
        (list[int], list(range(-300, 300))),
        (list[str], ["", "text", "ü"]),
        (Chain, Chain(1, Chain(2))),
    ],
    ids=str,
)
def test_ordinary_values_are_not_given_up(annotation: Any, value: Any) -> None:
    assert dumps(value, annotation) == encoder.dumps(value, annotation)


@pytest.mark.parametrize(("annotation", "value"), list(samples()), ids=lambda each: f"{each!r:.30}")
def test_values_have_the_bytes_that_python_writes(annotation: Any, value: Any) -> None:
    assert dumps(value, annotation) == encoder.dumps(value, annotation)


def test_value_that_is_given_up_leaves_the_output_as_it_was() -> None:
    out = [b"before"]
    with pytest.raises(TypeError, match="not bytes"):
        encoding_of(schema_of(list[bytes]), "strict").function([b"x" * 40_000, 5], out, object())  # type: ignore[arg-type]
    # What Python had appended before it failed, and nothing of the accelerator's.
    assert out == [b"before", b"\0", b"\2"]


def test_value_that_does_not_fit_has_the_error_of_python() -> None:
    with pytest.raises(EncodeError, match=r"^Plain\.count: 'five' does not fit int$"):
        dumps(Plain("x", "five"), Plain)  # type: ignore[arg-type]


@define
class _Interrupted:
    a: int

    def __getattribute__(self, name: str) -> Any:
        if name == "a":
            raise KeyboardInterrupt("from a signal handler")
        return object.__getattribute__(self, name)


def test_interrupt_comes_out_as_it_was_raised() -> None:
    value = _Interrupted(1)
    with pytest.raises(KeyboardInterrupt, match="from a signal handler"):
        dumps(Plain(count=value), Plain)  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt, match="from a signal handler"):
        dumps([value], list[_Stand])


@define(slots=False)
class _Stand:
    a: int


@define
class _Growing:
    """A value that changes the list it is in."""

    inside: list[Any]

    @property
    def a(self) -> int:
        self.inside.clear()
        return 1


def test_list_that_changes_while_it_is_encoded_does_no_harm() -> None:
    values: list[Any] = []
    values += [_Growing(values) for _ in range(5)]
    assert dumps(values, list[_Stand]) == dumps([], list[_Stand])


def test_references_are_given_back() -> None:
    value = [Plain("some text", 1 << 40, 1.5, True)]
    stream = Encoder()
    schema = schema_of(list[Plain])

    def encode() -> None:
        stream.encode(value, schema)
        with pytest.raises(EncodeError):
            stream.encode([*value, None], schema)

    encode()
    gc.collect()
    held = sys.getrefcount(value[0]), sys.getrefcount(value[0].name), sys.getrefcount(Plain)
    for _ in range(100):
        encode()
    gc.collect()
    assert held == (
        sys.getrefcount(value[0]),
        sys.getrefcount(value[0].name),
        sys.getrefcount(Plain),
    )


def _struct(*fields: object) -> tuple[object, ...]:
    return int(Op.STRUCT), 0, 64, 0, 0, -1, -1, 0, None, (Plain, _refused, fields)


@pytest.mark.parametrize(
    ("row", "error"),
    [(None, TypeError), (_struct(5), TypeError), (_struct(("name", None, 1)), ValueError)],
    ids=["no row", "no field", "a field of nothing"],
)
def test_row_that_cannot_be_run_is_refused(row: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="the plan"):
        EncodeFunction((row,), 0, _refused, reraise_interrupt)
