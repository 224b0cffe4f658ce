"""The samples of ``peer/kinds.go``, in Python: for each echo, a full value and a zero."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import frozen

from generated import kinds
from generated.kinds import (
    Basic,
    Cell,
    Color,
    Containers,
    Holder,
    Mood,
    Sized,
    Special,
    Temperature,
    Tree,
    UserID,
)
from rpcgen import Method

__all__ = ["SAMPLES", "Sample"]


@frozen
class Sample:
    """A value that is sent through a method, ``name`` says which one."""

    method: Method[Any, Any]
    name: str
    value: object

    def __str__(self) -> str:
        return f"{self.method.name}-{self.name}"


MOMENT = datetime(2024, 2, 29, 12, 34, 56, 789012, UTC)

_BASIC = Basic(truth=True, whole=1, real=2.5, complex_=3j, text="text", octets=b"octets")
_SIZED = Sized(
    i8=-(2**7),
    i16=-(2**15),
    i32=-(2**31),
    i64=-(2**63),
    u=2**64 - 1,
    u8=2**8 - 1,
    u16=2**16 - 1,
    u32=2**32 - 1,
    u64=2**64 - 1,
    pointer=2**64 - 1,
    f32=(2 - 2**-23) * 2.0**127,
    c64=1.5 - 2.5j,
)
_CONTAINERS = Containers(
    numbers=[0, 1],
    words=("a", "b"),
    vector=[1.0, 0.0, 3.0],
    digest=b"\x01\x02\x03\x04",
    ages={"x": 1, "y": 0},
    grid={Cell(1, 2): ["a"], Cell(0, 0): []},
    nested=[{"a": Cell(1, 0)}, {}],
)
_TREE = Tree(1, left=Tree(2, right=Tree()), others=[Tree(3), Tree()])
_SPECIAL = Special(
    color=Color.RED,
    mood=Mood.GOOD,
    user=UserID(7),
    at=MOMENT,
    took=timedelta(seconds=90),
    big=-5,
    ident=uuid.UUID(int=1),
    heat=Temperature(-40.0),
    renamed="renamed",
)

_VALUES: list[tuple[Method[Any, Any], object, object]] = [
    (kinds.KINDS_ECHO_BOOL, True, False),
    (kinds.KINDS_ECHO_INT, -123456789, 0),
    (kinds.KINDS_ECHO_FLOAT, 3.25, 0.0),
    (kinds.KINDS_ECHO_COMPLEX, 1 - 2j, 0j),
    (kinds.KINDS_ECHO_STR, "größer als 世界", ""),
    (kinds.KINDS_ECHO_BYTES, b"\x00\xff\x7f", b""),
    (kinds.KINDS_ECHO_UINT8, 255, 0),
    (kinds.KINDS_ECHO_FLOAT32, 0.5, 0.0),
    (kinds.KINDS_ECHO_LIST, [1, -2, 0], []),
    (kinds.KINDS_ECHO_TUPLE, ("a", "", "c"), ()),
    (kinds.KINDS_ECHO_ARRAY, [1, 0, -3, 4], [0, 0, 0, 0]),
    (kinds.KINDS_ECHO_MAP, {"a": [Cell(1, 2), Cell()], "b": []}, {}),
    (kinds.KINDS_ECHO_MATRIX, [[1.0, 0.0], [0.0, 0.5]], []),
    (kinds.KINDS_ECHO_COLOR, Color.GREEN, Color.NONE),
    (kinds.KINDS_ECHO_MOOD, Mood.GOOD, Mood.NONE),
    (kinds.KINDS_ECHO_USER_ID, UserID(77), UserID(0)),
    (kinds.KINDS_ECHO_DATETIME, MOMENT, datetime.min.replace(tzinfo=UTC)),
    (kinds.KINDS_ECHO_TIMEDELTA, timedelta(milliseconds=-1500), timedelta()),
    (kinds.KINDS_ECHO_BIG, -(2**100), 0),
    (kinds.KINDS_ECHO_UUID, uuid.UUID(bytes=bytes(range(16))), uuid.UUID(int=0)),
    (kinds.KINDS_ECHO_TEMPERATURE, Temperature(36.6), Temperature()),
    (kinds.KINDS_ECHO_ANY, "text", None),
    (kinds.KINDS_ECHO_BASIC, _BASIC, Basic()),
    (kinds.KINDS_ECHO_SIZED, _SIZED, Sized()),
    (kinds.KINDS_ECHO_CONTAINERS, _CONTAINERS, Containers()),
    (kinds.KINDS_ECHO_TREE, _TREE, Tree()),
    (kinds.KINDS_ECHO_SPECIAL, _SPECIAL, Special()),
    (kinds.KINDS_ECHO_HOLDER, Holder(42, Cell(1, 2)), Holder()),
]

SAMPLES = [
    Sample(method, name, value)
    for method, full, zero in _VALUES
    for name, value in (("full", full), ("zero", zero))
]
