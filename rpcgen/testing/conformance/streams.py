"""The cases for a codec: streams that Go has made, and some that are broken, for a program."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TypeAlias

from rpcgen import gob
from rpcgen.errors import RpcError
from rpcgen.schema import schema_of

from .cases import Case
from .peer import CaseError
from .program import Program
from .service import Value

__all__ = ["STREAM_CASES", "go_streams"]

Check: TypeAlias = Callable[[Program], None]


@cache
def go_streams() -> dict[str, bytes]:
    """Return the streams that Go has made, by their names."""
    text = Path(__file__).with_name("streams.json").read_text(encoding="ascii")
    return {name: bytes.fromhex(digits) for name, digits in json.loads(text).items()}


_BYTES = bytes(range(256))
_DEEP = Value(number=50)
for _number in range(49, 0, -1):
    _DEEP = Value(number=_number, inner=_DEEP)

_SEVERAL = [Value(name="one"), Value(name="two"), Value(name="three")]
_NUMBERS = (1, -1, 63, 64, -64, -65, 127, 128, 2**31, -(2**31), 2**63 - 1, -(2**63))
_RATIOS = (1.0, 0.1, -2.5, 1e300, 5e-324, math.ldexp(2 - 2**-52, 1023), math.inf, -math.inf)

# Values that the streams of Go hold.
_VALUES: dict[str, list[Value]] = {
    "empty": [],
    "full": [
        Value(
            "näme",
            -(2**40),
            0.1,
            True,
            _BYTES,
            ["", "two"],
            {"a": -1},
            Value("inner", inner=Value(flag=True)),
        )
    ],
    "zero": [Value(), Value(inner=Value()), Value()],
    "several": _SEVERAL,
    "numbers": [Value(number=each) for each in _NUMBERS],
    "ratios": [Value(ratio=each) for each in (*_RATIOS, math.nan)],
    "long": [Value(name="x" * 300, data=_BYTES + _BYTES[:44], list=[*[""] * 299, "last"])],
    "deep": [_DEEP],
    "reordered": [Value("n", 7, counts={"a": 1})],
    "narrow": [Value(number=-8, ratio=0.5, counts={"a": -128})],
    "further": [Value("name", flag=True)],
    "two-types": _SEVERAL,
}

_ABOUT: dict[str, str] = {
    "empty": "end well where nothing comes",
    "full": "take all kinds of fields",
    "zero": "take structs that send no field, and a pointer to one",
    "several": "take values whose type is described before the first of them alone",
    "numbers": "take integers of every width",
    "ratios": "take floats, the infinite ones and NaN",
    "long": "take lengths that need more than one byte",
    "deep": "take a struct that holds itself, fifty times",
    "reordered": "match fields by their names, and leave those alone that do not come",
    "narrow": "take integers and floats that were narrower at the sender's",
    "further": "pass over fields of any kind that the receiver lacks",
    "two-types": "take values of two types, one after the other",
}


def _gives(
    stream: bytes, values: Sequence[Value], program: Program, *, piece: int | None = None
) -> None:
    done = program.run(stream, piece)
    if done.status:
        raise CaseError(f"it ends with status {done.status}, and says {done.said!r:.200}")
    _compare(done.output, values)


def _fails(stream: bytes, values: Sequence[Value], program: Program) -> None:
    done = program.run(stream)
    if not done.status:
        raise CaseError("it ends with status 0, as if nothing were wrong")
    _compare(done.output, values)


def _compare(output: bytes, values: Sequence[Value]) -> None:
    decoder, found = gob.Decoder(output), list[Value]()
    try:
        while decoder.pending:
            found.append(decoder.decode(schema_of(Value)))
    except RpcError as error:
        raise CaseError(f"after {len(found)} values, its output is broken: {error}") from error
    for number, (value, wanted) in enumerate(zip(found, values, strict=False), 1):
        # By their texts, since no NaN is equal to another.
        if repr(value) != repr(wanted):
            raise CaseError(f"value {number} is {value!r:.150}, not {wanted!r:.150}")
    if len(found) != len(values):
        raise CaseError(f"it gives {len(found)} values, not {len(values)}")


def _of_go(name: str) -> Case[Program]:
    return Case(name, _ABOUT[name], partial(_gives_of_go, name))


def _gives_of_go(name: str, program: Program) -> None:
    _gives(go_streams()[name], _VALUES[name], program)


def _in_pieces(program: Program) -> None:
    _gives(go_streams()["several"], _SEVERAL, program, piece=1)


def _cut(program: Program) -> None:
    _fails(go_streams()["several"][:-3], _SEVERAL[:2], program)


def _after(broken: bytes) -> Check:
    """Return a check of a program that gets a value, and then a message that is broken."""

    def check(program: Program) -> None:
        _fails(go_streams()["several"] + broken, _SEVERAL, program)

    return check


def _wrong_type(program: Program) -> None:
    encoder = gob.Encoder()
    stream = encoder.encode({"Number": "seven"})
    _fails(stream, [], program)


# The id of Value in "several", as it stands in front of each of the values.
_ID = b"\xff\x80"

STREAM_CASES: tuple[Case[Program], ...] = (
    *map(_of_go, _VALUES),
    Case("pieces", "take a stream that comes byte by byte", _in_pieces),
    Case("cut", "fail where the stream ends within a value", _cut),
    Case("wrong-type", "fail where another type comes than a Value", _wrong_type),
    Case("unknown-id", "fail where a type was not described", _after(b"\x03\xff\xc6\x00")),
    Case("no-length", "fail where a length is none", _after(b"\xf0" + bytes(8))),
    Case(
        "huge-message",
        "fail where a message has a length that no message has",
        _after(b"\xf8" + b"\x7f" * 8),
    ),
    Case(
        "huge-string",
        "fail where a text is longer than its message",
        _after(b"\x0b" + _ID + b"\x01\xfa\x7f\xff\xff\xff\xff\xff\x00"),
    ),
    Case(
        "huge-list",
        "fail, without much memory, where a list is longer than its message",
        _after(b"\x0a" + _ID + b"\x06\xfb\x7f\xff\xff\xff\xff\x00"),
    ),
    Case(
        "no-field", "fail where a field is beyond the last one", _after(b"\x04" + _ID + b"\x10\x02")
    ),
)
