"""Bounds on what a peer's bytes may cost."""

from __future__ import annotations

from attrs import frozen

__all__ = ["Limits"]


@frozen
class Limits:
    """Bounds on what is accepted from a peer; beyond them there is an error that names the field.

    Attributes:
        message: Maximum size of one message in bytes, without its length
            prefix (Go's own limit is 8 GiB).
        depth: Maximum nesting of structs, slices, arrays, maps and interface
            values.
        types: Maximum number of type definitions that one stream may bring.
        fields: Maximum number of struct fields in all type definitions of one
            stream together. The definitions may have 256 bytes for each.
        decoded: Maximum size in bytes that one decoded message may have in
            memory, estimated from the objects that it is made of.
        collisions: Maximum number of keys of one map that have the same hash.
            The cost of a map is linear in its size times this number.
        digits: Maximum number of decimal digits of a number in JSON text and
            of a ``big.Rat``; zeros that an exponent stands for are counted.
        queued: Maximum size in bytes of the requests that a client holds
            until the connection takes them.
        metadata: Maximum size in bytes of the metadata of one message, all
            names and values together; also of what is sent.
        http_head: Maximum size in bytes of the head of an HTTP request, and of
            the response to a CONNECT.
    """

    message: int = 64 << 20
    depth: int = 100
    types: int = 4096
    fields: int = 32_768
    decoded: int = 256 << 20
    collisions: int = 100
    digits: int = 10_000
    queued: int = 64 << 20
    metadata: int = 8192
    http_head: int = 16_384
