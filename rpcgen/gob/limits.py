"""How much a decoder takes from its peer before it gives up."""

from __future__ import annotations

from attrs import frozen

__all__ = ["Limits"]


@frozen
class Limits:
    """What a `Decoder` accepts at most; anything above is a `DecodeError`.

    ``message``: bytes of one message, without its length prefix (Go's own
    limit is 8 GiB). ``depth``: levels of structs, slices, arrays, maps and
    interface values inside each other. ``types``: type definitions that one
    stream may bring.
    """

    message: int = 64 << 20
    depth: int = 100
    types: int = 4096
