"""Go's ``encoding/gob`` in Python: values to self-describing bytes, and back.

::

    from attrs import define
    from rpcgen import gob

    @define
    class Point:
        x: int
        y: int

    data = gob.dumps(Point(1, 2))
    assert gob.loads(data, Point) == Point(1, 2)
    assert gob.loads(data).X == 1        # no schema: a Record

`Encoder` and `Decoder` are for streams of many values, which describe each
type once.
"""

from __future__ import annotations

from .decoder import Decoder, loads
from .dump import dump
from .encoder import Encoder, dumps
from .limits import Limits
from .record import Record, Undecoded
from .registry import Registry, Typed, register

__all__ = [
    "Decoder",
    "Encoder",
    "Limits",
    "Record",
    "Registry",
    "Typed",
    "Undecoded",
    "dump",
    "dumps",
    "loads",
    "register",
]
