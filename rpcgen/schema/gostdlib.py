"""Schemas of the types of Go's library that have no kind of their own."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import attrs

from .._interrupts import import_apart
from .kinds import Array, Bytes, Complex, Float, Int, Opaque, Schema, String, Struct, Uint

__all__ = [
    "GO_TYPES",
    "LIBRARY_MODULES",
    "array_of_uuid",
    "go_library",
    "uuid_form",
    "uuid_of",
]


GO_TYPES: dict[str, Schema[Any]] = {
    **{kind: Int(kind) for kind in ("int8", "int16", "int32", "int64")},
    **{kind: Uint(kind) for kind in ("uint", "uint8", "uint16", "uint32", "uint64", "uintptr")},
    "float32": Float(32),
    "complex64": Complex(64),
    "string": String(any_bytes=True),
    "big.Int": Opaque(int, "big.Int", int, hashable=False),
    "net.HardwareAddr": Bytes("net.HardwareAddr"),
    "net.IP": Bytes("net.IP"),
    "net.IPMask": Bytes("net.IPMask"),
    "netip.Addr": Opaque(object, "netip.Addr", lambda: None, "binary"),
    "netip.Prefix": Opaque(object, "netip.Prefix", lambda: None, "binary"),
}


# Modules of the classes that are types of Go's library, some of which take long to import.
LIBRARY_MODULES = ("fractions", "rpcgen.types", "uuid")


@cache
def go_library() -> dict[object, Schema[Any]]:
    """Return the schemas of further types of Go's library.

    Returns:
        Schemas by name in Go and by Python class.
    """
    import_apart("fractions", "ipaddress", "uuid", "rpcgen.types.gostdlib")
    from fractions import Fraction
    from uuid import UUID

    from ..types import AddrPort, BigFloatValue

    userinfo: Struct[Any] = Struct(attrs.make_class("Userinfo", ()), "url.Userinfo")
    big_float = Opaque(BigFloatValue, "big.Float", BigFloatValue, hashable=False)
    big_rat = Opaque(Fraction, "big.Rat", Fraction, hashable=False)
    addr_port = Opaque(AddrPort, "netip.AddrPort", lambda: AddrPort(None, 0), "binary")
    return {
        "big.Float": big_float,
        "big.Rat": big_rat,
        "netip.AddrPort": addr_port,
        "url.URL": Opaque(str, "url.URL", str, "binary", hashable=False, exposed=(userinfo,)),
        AddrPort: addr_port,
        BigFloatValue: big_float,
        Fraction: big_rat,
        # As of github.com/google/uuid, and of gofrs and satori, which have the same methods.
        UUID: Opaque(UUID, "uuid.UUID", lambda: UUID(int=0), "binary"),
    }


def uuid_of(data: Iterable[int]) -> Any:
    """Return the `uuid.UUID` of some bytes, as the container of an `Array`.

    Args:
        data: 16 bytes.
    """
    from uuid import UUID

    return UUID(bytes=bytes(data))


def uuid_form(schema: Schema[Any], is_array: bool) -> Schema[Any]:
    """Return the schema of a `uuid.UUID` in the form that it has come in.

    Args:
        schema: Any schema.
        is_array: True if the sender has an array of 16 bytes, False if its type encodes itself.

    Returns:
        The schema for that form of a UUID; any other schema as it is.
    """
    if isinstance(schema, Opaque) and schema.name == "uuid.UUID" and is_array:
        return array_of_uuid()
    if isinstance(schema, Array) and schema.container is uuid_of and not is_array:
        from uuid import UUID

        return go_library()[UUID]
    return schema


@cache
def array_of_uuid() -> Schema[Any]:
    """Return the schema of a `uuid.UUID` that travels as Go's ``[16]byte``."""
    return Array(Uint("uint8"), 16, uuid_of)
