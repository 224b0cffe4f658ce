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

import importlib
from typing import TYPE_CHECKING, Final

from rpcgen._implementation import CHOSEN, name_of

from ..values.limits import Limits
from ..values.registry import Registry, Typed, register

if TYPE_CHECKING:
    from ..values.record import Record, Undecoded
    from ._dump import dump
    from .decoder import Decoder, loads
    from .encoder import Encoder, dumps
    from .header_cache import HeaderDecoder as HeaderDecoder
else:
    _decoder = importlib.import_module(CHOSEN.decoder)
    _encoder = importlib.import_module(CHOSEN.encoder)
    Decoder, loads = _decoder.Decoder, _decoder.loads
    Encoder, dumps = _encoder.Encoder, _encoder.dumps

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
    "implementation",
    "loads",
    "register",
]

implementation: Final = name_of(CHOSEN)
"""Name of the implementation that this process has chosen: ``c`` or ``python``."""

# Looked up when first used: who calls a method does without the imports of these.
_LATER = {
    "HeaderDecoder": CHOSEN.headers,
    "Record": "rpcgen.values.record",
    "Undecoded": "rpcgen.values.record",
    "dump": "rpcgen.gob._dump",
}


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_LATER[name]), name)
